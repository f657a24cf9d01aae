"""The ecosystem around a tenant, over real sockets: a CDR Register, a data recipient, a mailbox that sends nothing on.

It is the world outside the product: it knows the product only by what the standards publish.
"""
