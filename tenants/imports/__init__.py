"""Import of a retailer's data into a tenant: file readers, fixes, checks of each record, and the bulk load."""
