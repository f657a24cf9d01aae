"""Housekeeping: ends expired arrangements and attempts, and deletes rows that are no longer needed."""
