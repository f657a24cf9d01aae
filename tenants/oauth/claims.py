"""The claims about a person that this profile supports (CDS, Scopes and Claims), and levels of assurance."""

from typing import Final

ACR_2: Final = "urn:cds.au:cdr:2"
"""The level of assurance of a sign-in with an identifier and a one-time password (CDS, Levels of Assurance)."""

ACR_VALUES: Final = (ACR_2,)

PROFILE_CLAIMS: Final = ("name", "given_name", "family_name", "updated_at")
"""The claims of the `profile` scope. Each can also be requested alone. Other standard claims are ignored."""

SUPPORTED_CLAIMS: Final = ("sub", "acr", "auth_time", *PROFILE_CLAIMS, "sharing_duration", "cdr_arrangement_id")

MAXIMUM_SHARING_DURATION: Final = 31_536_000
"""One year in seconds (CDS, Requesting Sharing Duration)."""
