"""The error catalogue."""

from tenants.cds.errors import CATALOGUE

# Title and status by code, from the standards' tables ("Standard Error Codes").
STANDARD_ERRORS = {
    "cds-all:GeneralError/Expected": ("Expected Error Encountered", 400),
    "cds-all:GeneralError/Unexpected": ("Unexpected Error Encountered", 500),
    "cds-all:Service/Unavailable": ("Service Unavailable", 503),
    "cds-all:Field/Missing": ("Missing Required Field", 400),
    "cds-all:Header/Missing": ("Missing Required Header", 400),
    "cds-all:Field/Invalid": ("Invalid Field", 400),
    "cds-all:Header/Invalid": ("Invalid Header", 400),
    "cds-all:Field/InvalidDateTime": ("Invalid Date", 400),
    "cds-all:Field/InvalidPageSize": ("Invalid Page Size", 400),
    "cds-all:Header/InvalidVersion": ("Invalid Version", 400),
    "cds-all:Authorisation/AdrStatusNotActive": ("ADR Status Is Not Active", 403),
    "cds-all:Authorisation/RevokedConsent": ("Consent Is Revoked", 403),
    "cds-all:Authorisation/InvalidConsent": ("Consent Is Invalid", 403),
    "cds-all:Resource/NotImplemented": ("Resource Not Implemented", 404),
    "cds-all:Resource/NotFound": ("Resource Not Found", 404),
    "cds-all:Resource/Invalid": ("Invalid Resource", 404),
    "cds-all:Resource/Unavailable": ("Unavailable Resource", 404),
    "cds-energy:Authorisation/InvalidEnergyAccount": ("Invalid Energy Account", 404),
    "cds-energy:Authorisation/UnavailableEnergyAccount": ("Unavailable Energy Account", 404),
    "cds-energy:Authorisation/InvalidServicePoint": ("Invalid Service Point", 404),
    "cds-energy:Authorisation/UnavailableServicePoint": ("Unavailable Service Point", 404),
    "cds-all:Header/UnsupportedVersion": ("Unsupported Version", 406),
    "cds-all:Authorisation/InvalidArrangement": ("Invalid Consent Arrangement", 422),
    "cds-all:Field/InvalidPage": ("Invalid Page", 422),
}


def test_the_error_catalogue_equals_that_of_the_standards() -> None:
    """C-E8, C-E10: each code has one title."""
    ours = {urn.removeprefix("urn:au-cds:error:"): (kind.title, kind.status) for urn, kind in CATALOGUE.items()}
    assert ours == STANDARD_ERRORS
