"""The record of every call that a tenant was asked: counted in memory, written every few seconds."""

from tenants.calls.models import CallRecord, Tier
from tenants.calls.service import Flusher, record

__all__ = ["CallRecord", "Flusher", "Tier", "record"]
