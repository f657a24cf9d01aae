"""The error of a theme that was refused."""

from haas.errors import HaasError


class ThemeError(HaasError):
    """A theme was refused. `problems` lists all reasons, each with the name of the token."""

    def __init__(self, problems: list[str]) -> None:
        """Take the reasons."""
        super().__init__("; ".join(problems))
        self.problems = problems
