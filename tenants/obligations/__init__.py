"""The obligation calendar: what the standards demand from which day, and which tenants it touches (decision 0050)."""
