"""What a run can end with."""


class Unexpected(Exception):
    """Something else came than what should have."""

    def __init__(self, expected: str, came: str) -> None:
        """Keep both, for the report."""
        self.expected = expected
        self.came = came
        super().__init__(f"expected {expected}, but came {came}")
