"""One module an identifier: parse it, or say which kind of wrong it is."""
