"""The encryption of authorization responses for clients that register it (JARM; CDS, JARM Response Encryption)."""

from typing import Final

DEFAULT_CONTENT_ENCRYPTION: Final = "A128CBC-HS256"
"""The `enc` of a client that registers only authorization_encrypted_response_alg (CDS, Registration Request)."""
