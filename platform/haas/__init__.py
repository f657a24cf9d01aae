"""The technical base of all other packages: settings, clock, cache, database, JOSE, mail, logs.

This package contains no business rule and no endpoint.
"""
