"""What every other package uses: settings, clock, cache, database, JOSE, mail, logs.

Nothing in this package is about a tenant's business or an endpoint.
"""
