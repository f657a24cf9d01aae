"""The services around a data holder: a CDR Register, a data recipient, a mailbox, and the market's e-Hub.

They communicate by HTTPS and SMTP. The sandbox is an independent test of the product: it is written from the standards
only, and import-linter prevents it from importing the product's own code for JOSE, headers, consent and errors.
"""
