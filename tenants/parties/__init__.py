"""Logins, customers, and which login acts for which customer."""
