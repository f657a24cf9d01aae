"""Bringing a retailer's data into a tenant: readers of files, mends, checks record by record, and the bulk load."""
