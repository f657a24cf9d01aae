"""The ways in which the e-Hub can be told to fail, and which calls fail."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from ops.sandbox.ehub.deviations import DEVIATIONS, DeviationKind
from ops.sandbox.ehub.nmi import canonical_nmi
from ops.sandbox.ehub.operations import OperationName

DeliveryKind = Literal["error", "html", "slow", "trickle", "cut", "not-frmp", "password-not-changed"]
FaultKind = Literal[DeliveryKind, DeviationKind]
KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)
MAXIMUM_FAULTS: Final = 100
LONGEST_SECONDS: Final = 120.0
Nmi = Annotated[str, Meta(max_length=11)]
Text = Annotated[str, Meta(max_length=1_000)]

assert set(get_args(DeviationKind)) == set(DEVIATIONS)  # noqa: S101 - a kind without its function would do nothing


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to fail. It applies to every call that fits its selection, until it is removed or was used `times`."""

    kind: FaultKind
    operation: OperationName | None = None
    participant_id: Annotated[str, Meta(max_length=20)] | None = None
    nmis: Annotated[list[Nmi], Meta(max_length=1_000)] = []
    """Only calls that ask for one of these NMIs. Deviations change only their records. For `not-frmp`: the NMIs for
    which the caller is not the FRMP; none means every NMI."""
    skip: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """So many calls that fit are answered correctly first."""
    times: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    status: Annotated[int, Meta(ge=400, le=599)] = 500
    """For `error` and `html`."""
    code: Text | None = None
    urn: Text | None = None
    title: Text | None = None
    detail: Text | None = None
    """For `error`. By default they are those with which the e-Hub itself answers the status."""
    executed: bool = False
    """For `error` and `html`: whether the operation is carried out before it is answered so."""
    seconds: Annotated[float, Meta(ge=0, le=LONGEST_SECONDS)] = 0
    """For `slow`: the time before the answer. For `trickle`: the time in which the body arrives in small parts."""
    other_nmi: Nmi = "4999999999"
    """For `unasked-service-point`: the service point that is in the answer besides those that were asked for."""


class ActiveFault(msgspec.Struct):
    """A fault that was added, with its id and how many calls it has met and changed."""

    id: int
    fault: Fault
    met: int = 0
    used: int = 0

    @property
    def is_used_up(self) -> bool:
        """Whether it changes no further calls."""
        return self.fault.times is not None and self.used >= self.fault.times

    def take(self, operation: OperationName, participant_id: str | None, nmis: frozenset[str]) -> bool:
        """Return whether the fault applies to a call, and count the call."""
        fault = self.fault
        fits = (
            fault.operation in {None, operation}
            and fault.participant_id in {None, participant_id}
            and (not fault.nmis or not nmis.isdisjoint(selected_nmis(fault)))
            and not self.is_used_up
        )
        if not fits:
            return False
        self.met += 1
        if self.met <= fault.skip:
            return False
        self.used += 1
        return True


class Faults:
    """The faults that are active, in memory: a restart of the e-Hub ends them."""

    def __init__(self) -> None:
        """Begin without faults."""
        self._active: dict[int, ActiveFault] = {}
        self._last = 0

    def add(self, fault: Fault) -> ActiveFault:
        """Activate a fault. The oldest one ends when there are too many."""
        self._last += 1
        added = self._active[self._last] = ActiveFault(self._last, fault)
        if len(self._active) > MAXIMUM_FAULTS:
            self._active.pop(next(iter(self._active)))
        return added

    def all(self) -> list[ActiveFault]:
        """Return the active faults, including those that are used up."""
        return list(self._active.values())

    def remove(self, number: int) -> bool:
        """End a fault. Return whether it was active."""
        return self._active.pop(number, None) is not None

    def clear(self) -> None:
        """End every fault."""
        self._active.clear()

    def take(self, operation: OperationName, participant_id: str | None, nmis: Sequence[str]) -> list[Fault]:
        """Return the faults that apply to a call, and count the call for each."""
        asked = frozenset(nmi for nmi in map(canonical_nmi, nmis) if nmi is not None)
        return [active.fault for active in self._active.values() if active.take(operation, participant_id, asked)]


def selected_nmis(fault: Fault) -> frozenset[str]:
    """Return the NMIs of a fault in ten characters. Empty means every NMI."""
    return frozenset(nmi for nmi in map(canonical_nmi, fault.nmis) if nmi is not None)
