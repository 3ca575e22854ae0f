"""Broken files are refused, or what was broken does not matter; never anything else."""

import json
from collections import Counter
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.exchange.export_json import export_json
from application.exchange.export_reference import export_reference
from application.exchange.reading import read_import
from application.exchange.sources import SourcePanorama
from domain.errors import ImportRefused
from domain.ids import NodeId
from domain.panoramas.tree import Tree
from tests.unit.application.exchange.documents import (
    ALIAS,
    OTHER_ALIAS,
    OTHER_PANORAMA,
    PANORAMA,
    ROOT,
    changed_node,
    content,
    identity,
    listed,
    node,
    tenant,
)
from tests.unit.application.exchange.test_round_trips import SITE
from tests.unit.application.exchange.trees import imported, trees

SHAPE: Final = {1: (ROOT, 2, 3), 2: (1, 4), 3: (1,), 4: (2, 5, 6), 5: (4,), 6: (4,), 7: (ROOT, 8), 8: (7,), 9: (ROOT,)}
"""The sound documents: each node's parent, then its children."""

STRUCTURE: Final = ("_id", "panoramaId", "parentId", "childrenOrder", "tenantId")


def tidings(source: SourcePanorama) -> object:
    """Return the shape of a panorama, told by issues, whatever the ids are."""
    children: dict[NodeId, list[object]] = {source.root: []}
    for one in source.nodes:
        children[one.node] = []
        children[one.parent].append((one.issue, children[one.node]))
    return children[source.root]


SOUND: Final = content(*(node(number, *family) for number, family in SHAPE.items()))
EXPECTED: Final = tidings(read_import(SOUND, ALIAS)[0][0])


@st.composite
def misplaced(draw: st.DrawFn) -> bytes:
    """Draw documents of which one member says something else about who belongs where."""
    damaged = draw(st.sampled_from(list(SHAPE)))
    name = draw(st.sampled_from(STRUCTURE))
    other = draw(st.sampled_from([ROOT, PANORAMA, OTHER_PANORAMA, *map(identity, range(1, 12))]))
    _, *children = SHAPE[damaged]
    children.insert(draw(st.integers(0, len(children))), other)
    value = {
        "_id": f'ObjectId("{other}")',
        "childrenOrder": draw(st.sampled_from([listed(), listed(*children), listed(*children[1:]), listed(other)])),
        "tenantId": f'"{OTHER_ALIAS}"',
    }.get(name, f'"{other}"')
    changes = {name: draw(st.sampled_from([value, None, "null", "5"]))}
    return content(
        *(changed_node(number, changes if number == damaged else {}, *family) for number, family in SHAPE.items()),
    )


def test_documents_that_contradict_each_other_are_refused() -> None:
    """Whatever one document says wrongly about its place: the import is refused, or has the same shape."""
    outcomes = Counter[str]()

    @given(misplaced())
    def read_misplaced(damaged: bytes) -> None:
        try:
            panoramas, _ = read_import(damaged, ALIAS)
        except ImportRefused:
            outcomes["refused"] += 1
        else:
            assert [tidings(panorama) for panorama in panoramas] == [EXPECTED]
            outcomes["read"] += 1

    read_misplaced()
    assert min(outcomes["refused"], outcomes["read"]) > 0, outcomes


@given(st.data())
def test_documents_that_are_lost_or_doubled_are_refused_or_noted(data: st.DataObject) -> None:
    """A document twice is refused; one that is missing is refused, or noted, or was at the top with nothing below."""
    written = [tenant(), *(node(number, *family) for number, family in SHAPE.items())]
    place = data.draw(st.integers(0, len(written) - 1))
    for damaged in (written[: place + 1] + written[place:], written[:place] + written[place + 1 :]):
        try:
            (panorama,), notes = read_import(content(*damaged), ALIAS)
        except ImportRefused:
            continue
        assert len(damaged) < len(written)
        assert notes or tidings(panorama) == EXPECTED or len(panorama.nodes) == len(SHAPE) - 1


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """Draw a sound file of either form with a few bytes changed."""
    tree: Tree = draw(trees(least=1))
    sound = draw(st.sampled_from([export_json(tree), export_reference(tree, SITE)]))
    start = draw(st.integers(0, len(sound)))
    end = draw(st.integers(start, min(len(sound), start + 30)))
    middle = draw(st.binary(max_size=3) | st.sampled_from([b"", b"}", b'"', b",", b"{", sound[start:end] * 2]))
    return sound[:start] + middle + sound[end:]


def test_damaged_bytes_are_refused_or_make_a_panorama() -> None:
    """Whatever bytes change: the import is refused, or what is read can be applied."""
    outcomes = Counter[bool]()

    @given(damaged_files())
    def read_damaged(damaged: bytes) -> None:
        outcomes[_is_read_and_applied(damaged)] += 1

    read_damaged()
    assert min(outcomes[True], outcomes[False]) > 0, outcomes


JUNK: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("5b582ca5835e130004440001"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES: Final = st.sampled_from(
    ["format", "id", "name", "root", "archived", "access", "nodes", "parent", "kind", "issue", "title", "synchronised"]
)


SMALLEST: Final = {"format": "panorama/1", "id": ROOT, "name": "n", "root": PANORAMA, "archived": False}
"""The members of a panorama without nodes, and with nobody but its owner."""


def test_any_json_is_refused_or_makes_a_panorama() -> None:
    """Whatever the members of our own form are: the import is refused, or what is read can be applied."""
    outcomes = Counter[bool]()

    @given(st.dictionaries(NAMES, JUNK), st.lists(st.dictionaries(NAMES, JUNK) | JUNK, max_size=3))
    def read_any(members: dict[str, object], entries: list[object]) -> None:
        for whole in (
            members | {"nodes": entries},
            members | {"nodes": entries, "format": "panorama/1"},
            SMALLEST | dict(list(members.items())[:1]) | {"nodes": entries[:1]},
        ):
            outcomes[_is_read_and_applied(json.dumps(whole).encode())] += 1

    read_any()
    assert min(outcomes[True], outcomes[False]) > 0, outcomes


@given(st.binary())
def test_any_bytes_are_refused(noise: bytes) -> None:
    """Noise is refused, and nothing else is raised."""
    with pytest.raises(ImportRefused):
        read_import(noise, ALIAS)


def _is_read_and_applied(file: bytes) -> bool:
    """Whether it is not refused; what is read can be applied."""
    try:
        panoramas, _ = read_import(file, ALIAS)
    except ImportRefused:
        return False
    assert panoramas
    for panorama in panoramas:
        assert len(imported(panorama)) == len(panorama.nodes)
    return True
