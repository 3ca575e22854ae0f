"""Which small mistakes can be made in a module, and the module with one of them."""

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

_LONGEST: Final = 110
"""How many characters of a piece of code a report shows."""

_COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
"""An order is mistaken at its bound only, since that is what tests miss."""

_CALLS: Final = {"any": "all", "all": "any", "min": "max", "max": "min"}


class Change(NamedTuple):
    """One mistake, in a tree that is parsed already."""

    line: int
    what: str
    apply: Callable[[], None]
    """Makes it in the tree."""


def changes(tree: ast.Module) -> list[Change]:
    """Return every mistake that can be made in a module, in the order of its lines; the same for the same source."""
    found = [change for node in ast.walk(tree) for change in _changes_of(node)]
    return sorted(found, key=lambda change: (change.line, change.what))


def mutated(source: str, number: int) -> ast.Module:
    """Return the module with the mistake that stands at `number` of what `changes` returns."""
    tree = ast.parse(source)
    changes(tree)[number].apply()
    return ast.fix_missing_locations(tree)


def _changes_of(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield _replaced(node, ast.BoolOp(other, node.values), lambda: setattr(node, "op", other))
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            minus = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            yield _replaced(node, ast.BinOp(node.left, minus, node.right), lambda: setattr(node, "op", minus))
        case _:
            yield from _misread(node)
    yield from _without_not(node)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield from _in_block(block)


def _misread(node: ast.AST) -> Iterator[Change]:
    """All are taken for any, the last for the first, or a time for another."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
            called = ast.Name(_CALLS[name], ast.Load())
            yield _replaced(node.func, called, lambda: setattr(node, "func", called), node)
        case ast.Call(func=ast.Name(id="timedelta")):
            for keyword in node.keywords:
                yield from _scaled(keyword)
        case ast.AnnAssign(value=ast.Constant(value=float())):
            yield from _scaled(node)
        case ast.Subscript(slice=ast.Constant(value=0)):
            last = ast.UnaryOp(ast.USub(), ast.Constant(1))
            yield _replaced(node, ast.Subscript(node.value, last), lambda: setattr(node, "slice", last))
        case ast.Subscript(slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))):
            first = ast.Constant(0)
            yield _replaced(node, ast.Subscript(node.value, first), lambda: setattr(node, "slice", first))
        case _:
            pass


def _compared(node: ast.Compare) -> Iterator[Change]:
    for position, operator in enumerate(node.ops):
        other = _COMPARISONS[type(operator)]()
        after = [*node.ops[:position], other, *node.ops[position + 1 :]]
        changed = ast.Compare(node.left, after, node.comparators)
        yield _replaced(node, changed, partial(setattr, node, "ops", after))


def _scaled(holder: ast.keyword | ast.AnnAssign) -> Iterator[Change]:
    """A time is half of what it should be, or twice."""
    constant = holder.value
    if isinstance(constant, ast.Constant) and isinstance(constant.value, int | float):
        for factor in (0.5, 2):
            scaled = ast.Constant(constant.value * factor)
            yield _replaced(constant, scaled, partial(setattr, holder, "value", scaled), holder)


def _without_not(node: ast.AST) -> Iterator[Change]:
    """A `not` is left out."""
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
            inner = value.operand
            yield _replaced(value, inner, partial(setattr, node, name, inner))
        if isinstance(value, list):
            for position, each in enumerate(value):
                if isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.Not):
                    yield _replaced(each, each.operand, _put(value, position, each.operand))


def _in_block(block: list[ast.stmt]) -> Iterator[Change]:
    """A guard is skipped, a call is left out, or something is looked at only after what is waited for."""
    for position, each in enumerate(block):
        if isinstance(each, ast.If) and not each.orelse and isinstance(each.body[-1], _LEAVING):
            skipped = ast.If(ast.Constant(value=False), each.body, [])
            yield Change(each.lineno, f"skip: if {_shown(each.test)}", _put(block, position, skipped))
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Await | ast.Call):
            yield Change(each.lineno, f"leave out: {_shown(each)}", _put(block, position, ast.Pass()))
        if isinstance(each, ast.Assign) and position + 1 < len(block) and _may_follow(each, block[position + 1]):
            late = [block[position + 1], each]
            yield Change(each.lineno, f"too late: {_shown(each)}", _put_both(block, position, late))


_LEAVING: Final = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def _may_follow(assignment: ast.Assign, following: ast.stmt) -> bool:
    """Whether an assignment that waits for nothing could stand behind a statement that does, without another fault."""
    assigned = {each.id for target in assignment.targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    used = {each.id for each in ast.walk(following) if isinstance(each, ast.Name)}
    calls = any(isinstance(each, ast.Call) for each in ast.walk(assignment.value))
    could = calls and not assigned & used and not isinstance(following, _LEAVING)
    return could and _waits(following) and not _waits(assignment)


def _waits(node: ast.AST) -> bool:
    waiting = ast.Await | ast.AsyncFor | ast.AsyncWith
    return any(
        isinstance(each, waiting) or (isinstance(each, ast.comprehension) and each.is_async) for each in ast.walk(node)
    )


def _put(block: list[ast.stmt] | list[ast.expr], position: int, new: ast.AST) -> Callable[[], None]:
    return lambda: block.__setitem__(position, new)  # type: ignore[call-overload] # of the kind that it replaces


def _put_both(block: list[ast.stmt], position: int, new: list[ast.stmt]) -> Callable[[], None]:
    return lambda: block.__setitem__(slice(position, position + 2), new)


def _replaced(before: ast.AST, after: ast.AST, apply: Callable[[], None], shown: ast.AST | None = None) -> Change:
    line = getattr(before, "lineno", getattr(shown, "lineno", 0))
    where = "" if shown is None else f" in {_shown(shown)}"
    return Change(line, f"{_shown(before)} -> {_shown(ast.fix_missing_locations(after))}{where}", apply)


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
