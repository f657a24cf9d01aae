"""Measurements against the performance budgets, each module with output of its own."""
