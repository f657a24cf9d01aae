"""The sources from which customers and their accounts are read."""
