from tests.consent.conftest import neighbour, pages

__all__ = ["neighbour", "pages"]
