"""The operations of the Consumer Data Standards that a data holder offers."""
