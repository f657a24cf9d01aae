"""CDR arrangements and their authorisations: how they are created, amended, listed and ended."""
