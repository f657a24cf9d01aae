"""The record of every call to a tenant's endpoints. Calls are counted in memory and written every few seconds."""

from tenants.calls.models import CalledTenant, CallRecord, CallTier
from tenants.calls.service import Flusher, record

__all__ = ["CallRecord", "CallTier", "CalledTenant", "Flusher", "record"]
