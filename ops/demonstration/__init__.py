"""Two demonstration brands with customers who can sign in, for `haas up`, the tests and the benchmarks."""

from ops.demonstration.brands import BRANDS, DemonstrationBrand
from ops.demonstration.many import create_many
from ops.demonstration.setup import set_up_demonstration, set_up_from_store

__all__ = ["BRANDS", "DemonstrationBrand", "create_many", "set_up_demonstration", "set_up_from_store"]
