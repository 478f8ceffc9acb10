"""From a publisher to the register: crawl or drop, land, parse, normalise, check, locate, load."""
