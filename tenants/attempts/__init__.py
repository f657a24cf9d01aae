"""Authorisation attempts. An attempt begins with a pushed request and ends with the exchange of its code."""
