"""Logins, the customers they act for, and who holds which account."""
