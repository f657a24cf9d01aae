"""Interval reads of meters: one day of a register as a value, its stored form, and reading NEM12 files."""
