"""Reading the service's own form: what may be left out, and everything that can be broken."""

import json

import pytest

from application.exchange.defects import LISTED
from application.exchange.reading import read_import
from application.exchange.sources import SourcePanorama
from domain.errors import ImportRefused
from domain.ids import UserId
from domain.panoramas.access import EVERYONE, Access
from domain.panoramas.limits import NODES
from tests.unit.application.exchange.documents import ALIAS, CREATOR, OTHER_ROOT, ROOT, identity

TIMES = {"creator": CREATOR, "created": "2018-07-25T07:54:13.338Z", "updated": "2018-07-25T07:54:13.338Z"}


def issue(number: int, parent: object = ROOT, **changes: object) -> dict[str, object]:
    """Return the entry of an issue."""
    return {"id": identity(number), "parent": parent, "kind": "ISSUE", "issue": number, **changes}


def note(number: int, **changes: object) -> dict[str, object]:
    """Return the entry of a note."""
    return {"id": identity(number), "parent": ROOT, "kind": "NOTE", "title": "T", **changes}


def file(*entries: object, **changes: object) -> bytes:
    """Write a file; a change that is None leaves the member out."""
    members = {"format": "panorama/1", "name": "N", "root": ROOT, "nodes": entries} | changes
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


def read(content: bytes) -> SourcePanorama:
    """Read a sound file."""
    (panorama,), notes = read_import(content, ALIAS)
    assert notes == ()
    return panorama


def test_what_may_be_left_out() -> None:
    """Access, archiving, the panorama's id, and who made a node and when."""
    panorama = read(file(issue(1), issue(2, **TIMES)))
    assert (panorama.access, panorama.archived) == (EVERYONE, False)
    assert panorama.nodes[0].origin is None
    assert panorama.nodes[1].origin is not None


def test_a_panorama_may_be_empty() -> None:
    """No nodes at all are a panorama, as is a file without `nodes`."""
    assert read(file()).nodes == ()
    assert read(file(nodes=None)).nodes == ()


def test_order_is_that_of_the_entries() -> None:
    """Siblings stand as in the file; a parent may come behind its children."""
    panorama = read(file(issue(3, identity(2)), issue(1), issue(2), issue(4, identity(2))))
    assert [node.issue for node in panorama.nodes] == [1, 2, 3, 4]


def test_access_may_name_users_or_everyone() -> None:
    """Null and nothing are everyone, an empty list nobody but the owner."""
    panorama = read(file(access={"viewers": [CREATOR, CREATOR], "editors": []}))
    assert panorama.access == Access(viewers=frozenset({UserId(CREATOR)}), editors=frozenset())
    assert read(file(access={"viewers": None})).access == EVERYONE


N1, N2 = (f"node {identity(number)} (number {number})" for number in (1, 2))

BROKEN: list[tuple[str, bytes, list[str]]] = [
    ("another format", file(format="panorama/2"), ["the panorama: format is not panorama/1"]),
    ("no name", file(name=""), ["the panorama: name is not accepted (text-refused)"]),
    ("a name that is no text", file(name=5), ["the panorama: name is no text"]),
    ("a long name", file(name="x" * 256), ["the panorama: name is not accepted (limit-exceeded)"]),
    ("no root", file(root=None), ["the panorama: root is no id of 24 hex characters"]),
    ("no truth", file(archived="no"), ["the panorama: archived is neither true nor false"]),
    ("a strange member", file(canary=1), ["the panorama: has a member that does not belong there"]),
    ("nodes that are no list", file(nodes={}), ["the panorama: has nodes that cannot be read or are no list"]),
    ("access of nobody", file(access=5), ["access: has a member that does not belong there"]),
    (
        "access of strangers",
        file(access={"viewers": ["canary"], "editors": 5}),
        [
            "access: viewers is no list of ids of 24 hex characters",
            "access: editors is no list of ids of 24 hex characters",
        ],
    ),
    ("an entry that is none", file(5), ["number 1: id is no id of 24 hex characters"]),
    (
        "an id twice",
        file(issue(1), issue(1)),
        [f"node {identity(1)} (number 2): has the id of the root or of an earlier node"],
    ),
    (
        "the root as a node",
        file(issue(1, id=ROOT)),
        [f"node {ROOT} (number 1): has the id of the root or of an earlier node"],
    ),
    ("an unknown kind", file(issue(1, kind="EPIC")), [f"{N1}: kind is not one of ISSUE, GROUP, NOTE"]),
    (
        "an issue with a title",
        file(issue(1, title="T")),
        [f"{N1}: has a member that does not belong there"],
    ),
    (
        "a note that follows Jira",
        file(note(1, synchronised=True)),
        [f"{N1}: has a member that does not belong there"],
    ),
    ("a note without title", file(note(1, title=None)), [f"{N1}: title is no text"]),
    ("no parent", file(issue(1, parent=None)), [f"{N1}: parent is no id of 24 hex characters"]),
    ("an orphan", file(issue(1, OTHER_ROOT)), [f"{N1}: its parent {OTHER_ROOT} is not in the panorama"]),
    ("a circle", file(issue(1, identity(2)), issue(2, identity(1))), [f"{N1}: is below itself, in a circle of 2"]),
    ("no truth in a node", file(issue(1, synchronised=1)), [f"{N1}: synchronised is neither true nor false"]),
    (
        "half an origin",
        file(issue(1, creator=CREATOR)),
        [f"{N1}: created is no date from 1970 to 9999", f"{N1}: updated is no date from 1970 to 9999"],
    ),
    (
        "several at once",
        file(issue(1, issue=0), issue(2, **TIMES | {"creator": 5}), name=5, root="canary"),
        [
            "the panorama: name is no text",
            "the panorama: root is no id of 24 hex characters",
            f"{N1}: issue is no whole number from 1 to {2**63 - 1}",
            f"{N2}: creator is no id of 24 hex characters",
        ],
    ),
    ("half a file", b'{"format":"panorama/1","name', ["the panorama: this is no JSON, or a text in it is no Unicode"]),
    ("no JSON", b'{"format":"panorama/1" 5}', ["byte 23: this is no JSON, or a text in it is no Unicode"]),
    (
        "half a character",
        b'{"format":"panorama/1","name":"\\ud800"}',
        ["the panorama: this is no JSON, or a text in it is no Unicode"],
    ),
    (
        "half a character in a node",
        file(note(1, title="\ud800")),
        ["the panorama: this is no JSON, or a text in it is no Unicode"],
    ),
    ("no UTF-8", b'{"format":"panorama/1","name":"\xff"}', ["the panorama: cannot be read"]),
    (
        "no UTF-8 in a node",
        file(note(1)).replace(b'"T"', b'"\xff"'),
        ["the panorama: has nodes that cannot be read or are no list"],
    ),
    ("depth", b'{"format":' + b"[" * 5_000, ["the panorama: this is no JSON, or a text in it is no Unicode"]),
    (
        "depth in a node",
        file(5).replace(b"5]", b"[" * 5_000 + b"]" * 5_001),
        ["the panorama: this is no JSON, or a text in it is no Unicode"],
    ),
]


@pytest.mark.parametrize(("content", "told"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_each_defect_is_told_by_id_and_position(content: bytes, told: list[str]) -> None:
    """A broken file is refused, and exactly what is wrong is told, without quoting it."""
    with pytest.raises(ImportRefused) as refused:
        read_import(content, ALIAS)
    assert list(refused.value.defects) == told


def test_more_nodes_than_the_limit_are_refused() -> None:
    """A long list is not read to its end."""
    with pytest.raises(ImportRefused) as refused:
        read_import(b'{"format":"panorama/1","name":"N","nodes":[' + b"0, " * NODES + b"0]}", ALIAS)
    assert refused.value.defects[-1] == f"and {NODES - LISTED + 2} more"
