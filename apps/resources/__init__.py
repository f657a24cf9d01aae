"""The data APIs of the Consumer Data Standards, which data recipients call: customer data, status and outages."""

from apps.resources.routes import public_routes, secure_routes

__all__ = ["public_routes", "secure_routes"]
