"""Authorisation attempts: pushed requests, visits, codes, and the signed response that ends each of them."""
