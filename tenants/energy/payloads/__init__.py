"""Energy data as the standards' APIs show it, one module per resource and version.

Field names are the standards' own (camel case), as the design asks of payload types.
"""
