"""Authorisation attempts: one row from the pushed request to the exchanged code."""
