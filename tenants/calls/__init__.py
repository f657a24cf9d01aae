"""The record of every call that a tenant was asked: counted in memory, written every few seconds."""

from tenants.calls.models import CallRecord, CallTier
from tenants.calls.service import Flusher, record

__all__ = ["CallRecord", "CallTier", "Flusher", "record"]
