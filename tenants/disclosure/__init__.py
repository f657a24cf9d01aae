"""Disclosure of a customer's data to a recipient: what an access token allows, and the data itself."""
