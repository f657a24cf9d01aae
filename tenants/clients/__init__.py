"""Registered clients, and how a client authenticates."""
