"""Registered clients and client authentication."""
