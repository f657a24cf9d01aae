"""The services around a data holder, which communicate by HTTPS and SMTP: a CDR Register, a data recipient, a mailbox.

The sandbox is an independent test of the product: it is written from the standards only, and import-linter prevents it
from importing the product's own code for JOSE, headers, consent and errors.
"""
