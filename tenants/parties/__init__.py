"""Logins, customers, and which login may act for which customer."""
