"""Customers as the standards' common APIs show them, one module per resource and version.

Field names are the standards' own (camel case), as the design asks of payload types.
"""
