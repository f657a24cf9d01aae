"""The ecosystem around a data holder, over real sockets: a CDR Register, a data recipient, and a mailbox.

The sandbox verifies the product from outside: it relies only on what the standards publish, and import-linter keeps it
from using the product's own JOSE, header, consent and error code.
"""
