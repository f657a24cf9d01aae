"""What tests of several folders build: deployments, tenants, clients, customers, consents, and real servers.

Everything here is plain functions and classes. The fixtures that call them stand in the folders' `conftest.py`.
"""
