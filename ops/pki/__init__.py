"""Test certificate authorities of the sandbox: of the CDR, the electricity market and the web, and an untrusted one.

They use the clock of the machine, not the movable clock, because TLS peers check validity by the machine's clock.
"""
