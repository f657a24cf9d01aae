"""The authorization server. Each endpoint has a module, which contains the list of its steps."""
