"""What the Consumer Data Standards fix for every API: field types, errors, endpoints, versions, pages, envelopes."""
