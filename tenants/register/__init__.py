"""Statuses and accreditation numbers that the CDR Register publishes, and the duties that follow from a status."""
