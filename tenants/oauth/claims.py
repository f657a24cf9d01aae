"""The claims about a person that this profile knows (CDS, Scopes and Claims), and levels of assurance."""

from typing import Final

ACR_2: Final = "urn:cds.au:cdr:2"
"""What an identifier and a one-time password reach (CDS, Levels of Assurance)."""

ACR_VALUES: Final = (ACR_2,)

PROFILE_CLAIMS: Final = ("name", "given_name", "family_name", "updated_at")
"""The claims of the `profile` scope; each may also be asked for alone. All other standard claims are ignored."""

SUPPORTED_CLAIMS: Final = ("sub", "acr", "auth_time", *PROFILE_CLAIMS, "sharing_duration", "cdr_arrangement_id")

LONGEST_SHARING: Final = 31_536_000
"""One year in seconds: the longest that sharing may last (CDS, Requesting Sharing Duration)."""
