"""The APIs of the Consumer Data Standards that data recipients call: a customer's data, status and outages."""

from apps.resources.routes import public_routes, secure_routes

__all__ = ["public_routes", "secure_routes"]
