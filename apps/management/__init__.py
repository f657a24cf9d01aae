"""The APIs for the systems of a retailer, and of those who work for it."""
