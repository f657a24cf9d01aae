"""Helpers for tests of several folders: deployments, tenants, clients, customers, consents, and real servers.

Everything here is plain functions and classes. The fixtures that call them are in the `conftest.py` of the folders.
"""
