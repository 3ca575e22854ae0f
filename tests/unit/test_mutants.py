"""The mistakes that are made on purpose: which there are, that each is made, and what is said of it."""

import ast
import subprocess
import sys
from importlib import import_module
from importlib.util import module_from_spec
from pathlib import Path
from textwrap import dedent

import pytest

from application.failover import fence
from tests.mutants.changes import changes, mutated
from tests.mutants.modules import TESTS, module_name, sources
from tests.mutants.plugin import NOT_IMPORTED, VARIABLE, Finder
from tests.mutants.running import NoAnswerError, Outcome, check_without_mistakes, chosen, every_mutant, outcome_of
from tests.rounds import VARIABLE as SOAK
from tests.shared_material import REPOSITORY

LATE = """
    async def confirm(self):
        began = self._clock()
        word = await self._ask()
        return began, word
"""


def every_source(source: str) -> set[str]:
    """Return a module with each of the mistakes that can be made in it."""
    return {ast.unparse(mutated(source, number)) for number in range(len(changes(ast.parse(source))))}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", {"a <= b"}),
        ("a >= b", {"a > b"}),
        ("a < b <= c", {"a <= b <= c", "a < b < c"}),
        ("a is None", {"a is not None"}),
        ("a in b", {"a not in b"}),
        ("a == b", {"a != b"}),
        ("a and b", {"a or b"}),
        ("a or b", {"a and b"}),
        ("x = not a", {"x = a"}),
        ("f(not a)", {"f(a)", "pass"}),
        ("a + b", {"a - b"}),
        ("x = any(a)", {"x = all(a)"}),
        ("x = max(a)", {"x = min(a)"}),
        ("a[0]", {"a[-1]"}),
        ("a[-1]", {"a[0]"}),
        ("x = timedelta(hours=12)", {"x = timedelta(hours=6.0)", "x = timedelta(hours=24)"}),
        ("X: Final = 15.0", {"X: Final = 7.5", "X: Final = 30.0"}),
        ("X: Final = 15", set()),
        ("if a:\n    raise b", {"if False:\n    raise b"}),
        ("if a:\n    b = 1", set()),
        ("if a:\n    raise b\nelse:\n    c = 1", set()),
        ("f()", {"pass"}),
        ("'''Only a docstring.'''", set()),
    ],
)
def test_the_mistakes_are_those_that_tests_miss(source: str, expected: set[str]) -> None:
    """At a bound, over a list, in a time; a guard that is skipped and a call that is left out."""
    assert every_source(source) == expected


@pytest.mark.parametrize(
    ("source", "is_late"),
    [
        (LATE, True),
        (LATE.replace("await self._ask()", "await self._ask(began)"), False),
        (LATE.replace("await self._ask()", "self._ask()"), False),
        (LATE.replace("self._clock()", "await self._clock()"), False),
        (LATE.replace("self._clock()", "0"), False),
        (LATE.replace("word = await self._ask()", "return await self._ask()"), False),
    ],
)
def test_what_is_looked_at_before_waiting_is_looked_at_after_it(source: str, *, is_late: bool) -> None:
    """Unless what is waited for uses it, or there is nothing to wait for."""
    late = ast.unparse(
        ast.parse(
            dedent("""
            async def confirm(self):
                word = await self._ask()
                began = self._clock()
                return (began, word)
            """)
        )
    )
    assert (late in every_source(dedent(source))) == is_late


def test_each_mistake_is_another_and_the_same_every_time() -> None:
    """In every module: it can be compiled, and differs from the module as it is and from every other mistake."""
    for path, _ in sources():
        source = path.read_text(encoding="utf-8")
        whole = ast.unparse(ast.parse(source))
        count = len(changes(ast.parse(source)))
        made = {ast.unparse(mutated(source, number)) for number in range(0, count, 7)}
        assert len(made) == len(range(0, count, 7)), path
        assert whole not in made, path
        for number in range(0, count, 29):
            compile(mutated(source, number), str(path), "exec")


def test_every_module_has_tests_of_its_own() -> None:
    """Those of the table are there, and those that are named like the module come first."""
    found = dict(sources())
    assert {path for row in TESTS for path in [REPOSITORY / "src" / row] if not path.exists()} == set()
    assert all(test.is_file() for tests in found.values() for test in tests)
    assert all(found.values())
    assert found[Path(str(fence.__file__))][0].name == "test_fence.py"
    assert module_name(Path(str(fence.__file__))) == "application.failover.fence"


def test_the_same_seed_chooses_the_same_mistakes() -> None:
    """And no more than there are."""
    mutants = every_mutant(["failover/fence.py", "domain/epochs"])
    assert {each.path.stem for each in mutants} == {"fence", "epochs"}
    assert chosen(mutants, 5, 1) == chosen(mutants, 5, 1) != chosen(mutants, 5, 2)
    assert sorted(chosen(mutants, 10**6, 1)) == sorted(mutants)
    assert str(mutants[0]).startswith("src/application/failover/fence.py:")


def test_a_module_is_imported_with_a_mistake_and_no_other_is() -> None:
    """The file stays as it is."""
    number, change = next(
        (number, each)
        for number, each in enumerate(changes(ast.parse(Path(str(fence.__file__)).read_text(encoding="utf-8"))))
        if "5.0 -> 2.5" in each.what
    )
    finder = Finder(fence.__name__, number)
    package = import_module("application.failover")
    assert finder.find_spec("application.failover.control", package.__path__) is None
    assert not finder.is_used
    spec = finder.find_spec(fence.__name__, package.__path__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (fence.PERIOD, module.PERIOD, finder.is_used) == (5.0, 2.5, True)
    assert change.line > 1


@pytest.mark.parametrize(
    ("code", "outcome"), [(0, Outcome.SURVIVED), (1, Outcome.FOUND), (2, Outcome.FOUND), (None, Outcome.HANGS)]
)
def test_a_mistake_is_found_where_a_test_fails(code: int | None, outcome: Outcome) -> None:
    """Or cannot be imported, or does not end."""
    asked: dict[str, str] = {}

    def run(
        command: list[str], *, env: dict[str, str], timeout: float, **_: object
    ) -> "subprocess.CompletedProcess[str]":
        asked.update(env)
        assert command[0] == sys.executable
        if code is None:
            raise subprocess.TimeoutExpired(command, timeout)
        return subprocess.CompletedProcess(command, code, "", "")

    assert outcome_of([Path("test_it.py")], "domain.epochs:3", run) is outcome
    assert asked[VARIABLE] == "domain.epochs:3"
    assert SOAK not in asked


@pytest.mark.parametrize("code", [3, 4, 5, NOT_IMPORTED, -9])
def test_tests_that_cannot_be_run_say_nothing_of_a_mistake(code: int) -> None:
    """A plugin that is missing, or a module that no test imports, would otherwise count as found, or as a survivor."""

    def run(command: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess(command, code, "why", "")

    with pytest.raises(NoAnswerError, match="why"):
        outcome_of([], "", run)


def test_nothing_is_said_where_tests_fail_without_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would seem to find every one."""
    monkeypatch.setattr("tests.mutants.running.outcome_of", lambda *_: Outcome.FOUND)
    with pytest.raises(NoAnswerError, match="without any mistake"):
        check_without_mistakes(every_mutant(["domain/epochs"]))
