"""Test authorities of the sandbox: the CDR's (root, intermediate, a CRL for each), the public web's, and a foreign one.

They work in real time, never in the movable clock's: TLS peers judge validity by the machine's own clock.
"""
