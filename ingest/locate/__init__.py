"""Address to sub-district and community, with method and confidence."""
