"""Mistakes are made for real, each in a process of its own: one that tests find, and one that they cannot."""

from application.failover import fence
from tests.mutants.modules import TESTS
from tests.mutants.running import Mutant, Outcome, check_without_mistakes, every_mutant, tried
from tests.shared_material import REPOSITORY


def mutant(what: str) -> Mutant:
    """Return a mistake in the fence, with the tests of the fence alone."""
    found = next(each for each in every_mutant(["failover/fence.py"]) if what in each.what)
    return found._replace(tests=(REPOSITORY / TESTS["application/failover"][0] / "test_fence.py",))


def test_a_mistake_that_matters_is_found_and_one_that_no_test_looks_at_survives() -> None:
    """Without any mistake the same tests pass."""
    late = mutant("too late: began = self._monotonic()")
    check_without_mistakes([late])
    assert tried(late) is Outcome.FOUND
    unrelated = late._replace(tests=(REPOSITORY / "tests/unit/application/failover/test_control.py",))
    assert tried(unrelated) is Outcome.SURVIVED
    assert "began = self._monotonic()" in (REPOSITORY / "src/application/failover/fence.py").read_text(encoding="utf-8")
    assert fence.PERIOD == 5.0
