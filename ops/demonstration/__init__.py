"""Two demonstration brands with customers who can sign in: what `haas up` shows, and what tests and benchmarks use."""

from ops.demonstration.brands import BRANDS, DemonstrationBrand
from ops.demonstration.many import create_many
from ops.demonstration.setup import ensure

__all__ = ["BRANDS", "DemonstrationBrand", "create_many", "ensure"]
