"""Get Metrics, version 5 (CDS, ResponseMetricsListV5).

A member of the current day or month is absent if only the past is asked for, and the other way round. Of previous days
and months, the first element is the last one before the current one.
"""

from typing import Annotated, Generic, TypeVar

from msgspec import Meta

from tenants.cds.field_types import DateTimeString, NaturalNumber, Payload, RateString

MetricsValue = TypeVar("MetricsValue")
Rate = RateString
NonNegative = Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)]
StatusCode = Annotated[str, Meta(pattern=r"^[45][0-9]{2}\Z")]


class MetricsMonths(Payload, frozen=True):
    """Shares of calendar months, at most twelve in the past."""

    currentMonth: Rate | None = None
    previousMonths: Annotated[list[Rate], Meta(max_length=12)] | None = None


class MetricsDays(Payload, Generic[MetricsValue], frozen=True):
    """Values of the current day, and of at most seven days before it."""

    currentDay: MetricsValue | None = None
    previousDays: Annotated[list[MetricsValue], Meta(max_length=7)] | None = None


class Availability(Payload, frozen=True):
    """The share of the time in which the endpoints were available, by class (AvailabilityMetricsV2)."""

    aggregate: MetricsMonths
    unauthenticated: MetricsMonths
    authenticated: MetricsMonths


class PerformanceOfHolders(Payload, frozen=True):
    """The shares of a tier with a secondary data holder: our part, and that of the secondary data holder."""

    primary: MetricsDays[list[Rate]]
    secondary: MetricsDays[list[Rate]]


class Performance(Payload, frozen=True):
    """The shares of calls within the threshold of their tier. The values of a day are those of its hours.

    PerformanceMetricsV3.
    """

    aggregate: MetricsDays[Rate]
    highPriority: MetricsDays[list[Rate]]
    lowPriority: MetricsDays[list[Rate]]
    unattended: MetricsDays[list[Rate]]
    unauthenticated: MetricsDays[list[Rate]]
    largePayload: MetricsDays[list[Rate]]
    secondary: PerformanceOfHolders
    largeSecondary: PerformanceOfHolders


class Invocations(Payload, frozen=True):
    """The number of calls, by tier (InvocationMetricsV3)."""

    unauthenticated: MetricsDays[NaturalNumber]
    highPriority: MetricsDays[NaturalNumber]
    lowPriority: MetricsDays[NaturalNumber]
    unattended: MetricsDays[NaturalNumber]
    largePayload: MetricsDays[NaturalNumber]
    secondary: MetricsDays[NaturalNumber]
    largeSecondary: MetricsDays[NaturalNumber]


class ResponseOfHolders(Payload, frozen=True):
    """The average seconds of our part of an answer, and of that of the secondary data holder."""

    primary: MetricsDays[NonNegative]
    secondary: MetricsDays[NonNegative]


class AverageResponse(Payload, frozen=True):
    """The average seconds of an answer, by tier (AverageResponseMetricsV2)."""

    unauthenticated: MetricsDays[NonNegative]
    highPriority: MetricsDays[NonNegative]
    lowPriority: MetricsDays[NonNegative]
    unattended: MetricsDays[NonNegative]
    largePayload: MetricsDays[NonNegative]
    secondary: ResponseOfHolders
    largeSecondary: ResponseOfHolders


class ByClass(Payload, Generic[MetricsValue], frozen=True):
    """Values of all endpoints, and of those that need no authentication and those that need it."""

    aggregate: MetricsDays[MetricsValue]
    unauthenticated: MetricsDays[MetricsValue]
    authenticated: MetricsDays[MetricsValue]


class Errors(Payload, frozen=True):
    """Errors of the server, and by class the number of answers with each status of 400 and more (ErrorMetricsV2)."""

    aggregate: MetricsDays[NaturalNumber]
    unauthenticated: MetricsDays[dict[StatusCode, NaturalNumber]]
    authenticated: MetricsDays[dict[StatusCode, NaturalNumber]]


class Rejections(Payload, frozen=True):
    """Calls that a traffic threshold refused (RejectionMetricsV3)."""

    authenticated: MetricsDays[NaturalNumber]
    unauthenticated: MetricsDays[NaturalNumber]


class SecondaryHolder(Payload, frozen=True):
    """Errors and refusals that we received from the secondary data holder (SecondaryHolderMetricsV2)."""

    errors: MetricsDays[NaturalNumber]
    rejections: MetricsDays[NaturalNumber]


class MetricsByCustomer(Payload, frozen=True):
    """Counts by the kind of customer."""

    individual: NaturalNumber
    nonIndividual: NaturalNumber


class ByDuration(Payload, frozen=True):
    """Counts of authorisations by the duration of sharing."""

    onceOff: MetricsByCustomer
    ongoing: MetricsByCustomer


class Abandonments(Payload, frozen=True):
    """Consent flows that did not end in an authorisation, by the stage at which they ended."""

    preIdentification: MetricsDays[NaturalNumber]
    preAuthentication: MetricsDays[NaturalNumber]
    preAccountSelection: MetricsDays[NaturalNumber]
    preAuthorisation: MetricsDays[NaturalNumber]
    rejected: MetricsDays[NaturalNumber]
    failedTokenExchange: MetricsDays[NaturalNumber]


class Authorisations(Payload, frozen=True):
    """Authorisations that are active, and that began, changed or ended (AuthorisationMetricsV2)."""

    activeAuthorisationCount: MetricsByCustomer
    newAuthorisationCount: MetricsDays[ByDuration]
    revokedAuthorisationCount: MetricsDays[MetricsByCustomer]
    amendedAuthorisationCount: MetricsDays[MetricsByCustomer]
    expiredAuthorisationCount: MetricsDays[MetricsByCustomer]
    abandonedConsentFlowCount: MetricsDays[NaturalNumber]
    abandonmentsByStage: Abandonments


class MetricsV5(Payload, frozen=True):
    """The operational statistics of a data holder brand."""

    requestTime: DateTimeString
    availability: Availability
    performance: Performance
    invocations: Invocations
    averageResponse: AverageResponse
    sessionCount: MetricsDays[NaturalNumber]
    averageTps: ByClass[NonNegative]
    peakTps: ByClass[NonNegative]
    errors: Errors
    rejections: Rejections
    customerCount: NaturalNumber
    recipientCount: NaturalNumber
    secondaryHolder: SecondaryHolder
    authorisations: Authorisations
