"""The payload types of the Consumer Data Standards, one module for each resource and version."""
