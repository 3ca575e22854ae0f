"""What must hold for the tests themselves: each looks at something, and none passes because nothing happened."""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Final

from tests.shared_material import REPOSITORY

LOOKING: Final = frozenset({"raises", "warns", "fail"})
"""What of pytest's own fails where nothing happens."""

ELSEWHERE: Final = {
    "test_the_adapter_keeps_the_law": "A law is a function that asserts, and each is shown to bite.",
}
"""Tests that leave the looking to others, and why that is as good."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> dict[Path, ast.Module]:
    """Return the modules of the tests, parsed."""
    paths = sorted((REPOSITORY / "tests").rglob("*.py"))
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def functions() -> tuple[tuple[Path, Function], ...]:
    """Return their functions and methods; inner functions are a part of those that they are in."""
    scopes: list[tuple[Path, ast.Module | ast.ClassDef]] = list(modules().items())
    scopes += [(path, node) for path, tree in modules().items() for node in tree.body if isinstance(node, ast.ClassDef)]
    return tuple((path, node) for path, scope in scopes for node in scope.body if isinstance(node, Function))


def every_test() -> list[tuple[Path, Function]]:
    """Return those that pytest calls."""
    return [each for each in functions() if each[0].name.startswith("test_") and each[1].name.startswith("test_")]


def called(node: ast.AST) -> set[str]:
    """Return the names of the functions and methods that a piece of code calls."""
    calls = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    return methods | {call.id for call in calls if isinstance(call, ast.Name)}


def looks(test: Function) -> bool:
    """Whether a test has an assertion of its own, or calls one that says by its name that it is one."""
    names = called(test)
    asserts = any(isinstance(node, ast.Assert) for node in ast.walk(test))
    return asserts or bool(names & LOOKING) or any(name.startswith("assert_") for name in names)


def counted(loop: ast.While) -> set[str]:
    """Return the steps that a loop counts."""
    added = [node.target for node in ast.walk(loop) if isinstance(node, ast.AugAssign)]
    return {target.id for target in added if isinstance(target, ast.Name)} & {"step", "steps"}


def is_asserted(names: set[str], after: int, test: Function) -> bool:
    """Whether an assertion behind that line is about one of the names."""
    later = [node.test for node in ast.walk(test) if isinstance(node, ast.Assert) and node.lineno > after]
    return any(isinstance(node, ast.Name) and node.id in names for each in later for node in ast.walk(each))


def test_every_test_looks_at_something() -> None:
    """A test without an assertion passes where the code does nothing; where an exception is all, it says what for."""
    blind = {f"{path.name}:{node.lineno} {node.name}" for path, node in every_test() if not looks(node)}
    assert len(every_test()) > 1_000
    assert {each for each in blind if each.rpartition(" ")[2] not in ELSEWHERE} == set()
    assert {each.rpartition(" ")[2] for each in blind} == ELSEWHERE.keys()


def test_what_asserts_by_its_name_does() -> None:
    """A helper named `assert_...` holds an assertion, or calls one that does."""
    named = [(path, node) for path, node in functions() if node.name.startswith("assert_")]
    assert named
    assert [f"{path.name}:{node.lineno} {node.name}" for path, node in named if not looks(node)] == []


def test_every_loop_over_steps_that_fail_has_failed_some() -> None:
    """A loop that ends when no fault strikes any more also ends where none has struck: its count is looked at."""
    uncounted = [
        f"{path.name}:{loop.lineno} {test.name}"
        for path, test in every_test()
        for loop in ast.walk(test)
        if isinstance(loop, ast.While) and (names := counted(loop))
        if not is_asserted(names, loop.end_lineno or 0, test)
    ]
    assert uncounted == []


def is_fixed(value: ast.expr) -> bool:
    """Whether a number of seconds is written down, or is a constant that is."""
    if isinstance(value, ast.Constant):
        return isinstance(value.value, int | float) and value.value > 0
    return isinstance(value, ast.Name) and value.id.isupper()


def is_now(value: ast.expr) -> bool:
    """Whether a piece of code is `time.monotonic()`."""
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "time.monotonic"


def fixed_waits(code: ast.AST) -> Iterator[int]:
    """Yield the lines that wait for so many seconds, whatever the machine."""
    for node in ast.walk(code):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            if any(is_now(side) and is_fixed(other) for side, other in permutations((node.left, node.right))):
                yield node.lineno
        elif isinstance(node, ast.Call):
            waits = [keyword.value for keyword in node.keywords if keyword.arg == "timeout"]
            method = node.func
            if isinstance(method, ast.Attribute) and (
                method.attr == "wait" or (method.attr == "timeout" and ast.unparse(method.value) == "asyncio")
            ):
                waits += node.args
            if any(map(is_fixed, waits)):
                yield node.lineno


def test_no_wait_is_fixed() -> None:
    """What must happen is waited for with the patience that the machine needs: `patience(seconds)`, `Deadline`."""
    fixed = "child.wait(30); time.monotonic() + LONG; run(timeout=LONG); asyncio.timeout(5)"
    scaled = "child.wait(patience(30)); event.wait(); run(timeout=patience(LONG)); pytest.mark.timeout(5)"
    assert list(fixed_waits(ast.parse(fixed))) == [1] * 4
    assert list(fixed_waits(ast.parse(scaled))) == []
    assert [f"{path.name}:{line}" for path, tree in modules().items() for line in fixed_waits(tree)] == []
