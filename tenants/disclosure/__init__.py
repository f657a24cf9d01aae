"""Disclosing a customer's data to a recipient: who may have what, and the data itself."""
