"""The CDR Register, at the paths and versions of the Consumer Data Standards' Register APIs."""
