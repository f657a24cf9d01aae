"""Keeps the directory of a tenant in step with the retailer's own server, through the code that imports use."""
