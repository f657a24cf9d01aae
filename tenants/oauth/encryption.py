"""How authorization responses are encrypted for clients that register for it (JARM; CDS, JARM Response Encryption)."""

from typing import Final

DEFAULT_CONTENT_ENCRYPTION: Final = "A128CBC-HS256"
"""The `enc` of a client that registers authorization_encrypted_response_alg alone (CDS, Registration Request)."""
