"""Whether a tenant's endpoints are available: the data of Get Status and Get Outages."""
