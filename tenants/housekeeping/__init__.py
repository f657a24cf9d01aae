"""Housekeeping of a tenant's rows: ends expired arrangements and attempts, and deletes rows no longer needed."""
