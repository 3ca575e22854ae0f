"""What goes out comes back in the same: in the service's own form, and in each writing of the reference system's."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.exchange.export_json import export_json
from application.exchange.export_reference import Site, export_reference
from application.exchange.extended_json import documents
from application.exchange.extended_types import ObjectId, Reference
from application.exchange.reading import read_import
from domain.panoramas.tree import Tree
from tests.unit.application.exchange.documents import ALIAS
from tests.unit.application.exchange.test_extended_json import NO_USE
from tests.unit.application.exchange.trees import imported, nodes, trees

SITE: Final = Site(alias=ALIAS, base_url="https://example.atlassian.net", installed=True)


def again(content: bytes) -> Tree:
    """Import an export of which nothing is left out."""
    (source,), notes = read_import(content, ALIAS)
    assert notes == ()
    return imported(source)


@given(trees())
def test_our_own_form_loses_nothing(tree: Tree) -> None:
    """An imported export is equal in everything that the form holds, and exports as the same bytes."""
    content = export_json(tree)
    back = again(content)
    assert nodes(back) == nodes(tree)
    assert (back.name, back.root, back.access, back.archived) == (tree.name, tree.root, tree.access, tree.archived)
    assert export_json(back) == content


@given(trees(least=1))
def test_the_shell_form_loses_no_node(tree: Tree) -> None:
    """An imported export has the same nodes in the same order, and exports as the same bytes."""
    content = export_reference(tree, SITE)
    back = again(content)
    assert nodes(back) == nodes(tree, synchronised=False)
    assert back.root == tree.root
    assert export_reference(back, SITE) == content


@given(tree=trees(least=1), extra=st.lists(st.sampled_from(NO_USE), max_size=3))
def test_what_mongosh_prints_is_the_same_documents(tree: Tree, extra: list[str]) -> None:
    """Single quotes, bare names, commas at the end, Robo 3T's comments; what has no meaning is left out with a note."""
    printed = [_mongosh(document, extra) for document in documents(export_reference(tree, SITE))]
    content = "".join(f"/* {number} */\n{each}\n\n" for number, each in enumerate(printed, start=1))
    (source,), notes = read_import(content.encode(), ALIAS)
    assert nodes(imported(source)) == nodes(tree, synchronised=False)
    assert len(notes) == (len(printed) - 1 if extra else 0)
    assert all(note.endswith("has members that have no meaning here and were left out") for note in notes)


def _mongosh(value: object, extra: Iterable[str] = ()) -> str:
    match value:
        case dict():
            members = [f"  {_name(name)}: {_mongosh(member)},\n" for name, member in value.items()]
            members += [f"  extra_{number}: {each},\n" for number, each in enumerate(extra)]
            written = f"{{\n{''.join(members)}}}"
        case list():
            written = f"[ {''.join(f'{_mongosh(one)}, ' for one in value)}]"
        case ObjectId():
            written = f"ObjectId('{value.hex}')"
        case Reference():
            written = f"DBRef({_mongosh(value.collection)}, {_mongosh(value.id)})"
        case datetime():
            written = f"ISODate('{value.isoformat()}')"
        case str():
            written = "'" + json.dumps(value)[1:-1].replace("'", "\\'") + "'"
        case bool():
            written = json.dumps(value)
        case _:
            written = f"Long('{value}')"
    return written


def _name(name: str) -> str:
    return name if name.replace("_", "").isalpha() else f"'{name}'"


def _lines(values: Iterable[object]) -> str:
    return "\n".join(json.dumps(value) for value in values)


def _array(values: Iterable[object]) -> str:
    return json.dumps(list(values), indent=2, ensure_ascii=False)


@pytest.mark.parametrize("layout", [_lines, _array])
@pytest.mark.parametrize("form", ["canonical", "relaxed"])
@given(tree=trees(least=1))
def test_extended_json_is_the_same_documents(tree: Tree, layout: Callable[[Iterable[object]], str], form: str) -> None:
    """Canonical or relaxed, one on each line or in an array: the same panorama."""
    values = [
        _extended(document, canonical=form == "canonical") for document in documents(export_reference(tree, SITE))
    ]
    assert nodes(again(layout(values).encode())) == nodes(tree, synchronised=False)


def _extended(value: object, *, canonical: bool) -> object:
    if isinstance(value, dict):
        return {name: _extended(member, canonical=canonical) for name, member in value.items()}
    if isinstance(value, list):
        return [_extended(one, canonical=canonical) for one in value]
    if isinstance(value, ObjectId):
        return {"$oid": value.hex}
    if isinstance(value, Reference):
        return {"$ref": value.collection, "$id": _extended(value.id, canonical=canonical)}
    return _canonical(value) if canonical else _relaxed(value)


def _relaxed(value: object) -> object:
    return {"$date": value.isoformat()} if isinstance(value, datetime) else value


def _canonical(value: object) -> object:
    if isinstance(value, datetime):
        since = (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        return {"$date": {"$numberLong": str(since)}}
    return {"$numberLong": str(value)} if type(value) is int else value
