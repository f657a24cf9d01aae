"""Housekeeping of a tenant's rows: ends what has expired, and deletes rows that are no longer needed."""
