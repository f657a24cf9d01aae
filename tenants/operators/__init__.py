"""Operators (staff of the provider, who use the console) and their sessions. They are in the control schema."""
