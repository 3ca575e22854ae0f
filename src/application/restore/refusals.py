"""Why a restore is refused."""


class RestoreRefused(Exception):
    """A restore cannot be done, or not like that; says why and the way out. Neither text holds anything secret."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy
