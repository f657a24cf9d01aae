"""Whether a tenant serves: what Get Status and Get Outages answer."""
