"""Test authorities of the sandbox: the CDR's (root, intermediate, a CRL for each), the public web's, and a foreign one.

They use the machine's clock, never the movable one: TLS peers check validity by the machine's clock.
"""
