"""The lifetimes of tokens, codes and responses."""

from datetime import timedelta
from typing import Final

ACCESS_TOKEN_LIFETIME: Final = timedelta(minutes=5)
"""An access token "MUST expire between 2 minutes to 10 minutes after the Data Holder issues it" (CDS, Access Token)."""

AUTHORIZATION_CODE_LIFETIME: Final = timedelta(seconds=60)
"""FAPI 1.0 Advanced 5.2.2 sets no lifetime; RFC 6749 4.1.2 recommends at most ten minutes."""

ID_TOKEN_LIFETIME: Final = timedelta(minutes=5)

AUTHORISATION_RESPONSE_LIFETIME: Final = timedelta(minutes=5)
"""JARM 2.1 recommends at most ten minutes."""
