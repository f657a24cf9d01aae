"""The authorization server: one module for each endpoint, and in each module the list of its steps."""
