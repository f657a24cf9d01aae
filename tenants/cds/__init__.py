"""Definitions of the Consumer Data Standards for all APIs: field types, errors, pagination, tiers, versions."""
