"""Measures every data operation with a large retailer's data, and with small data of many tenants."""
