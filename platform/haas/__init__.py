"""The ground every part of the platform stands on. It knows no tenant's business and no endpoint."""
