"""Arrangements and their authorisations: made, amended, listed, ended."""
