"""Reading the documents of the reference system: the published ones, sound ones, and everything that can be broken."""

import re
from datetime import UTC, datetime

import pytest

from application.exchange.defects import LISTED
from application.exchange.reading import PANORAMAS, read_import
from application.exchange.reference import DOCUMENTS
from application.exchange.sources import SourcePanorama
from domain.errors import ImportRefused
from domain.ids import IssueId, UserId
from domain.panoramas.access import EVERYONE
from domain.panoramas.facts import Kind, Origin
from domain.panoramas.limits import DEPTH
from tests.shared_material import shared
from tests.unit.application.exchange.broken_documents import BROKEN
from tests.unit.application.exchange.documents import (
    ALIAS,
    CREATOR,
    OTHER_ALIAS,
    OTHER_PANORAMA,
    OTHER_ROOT,
    PANORAMA,
    ROOT,
    content,
    identity,
    node,
    tenant,
)


def read(*written: str) -> tuple[SourcePanorama, ...]:
    """Read sound documents, of which nothing is left out."""
    panoramas, notes = read_import(content(*written), ALIAS)
    assert notes == ()
    return panoramas


def defects(*written: str, alias: str = ALIAS) -> tuple[str, ...]:
    """Read broken documents and return what is told."""
    with pytest.raises(ImportRefused) as refused:
        read_import(content(*written), alias)
    return refused.value.defects


def order(panorama: SourcePanorama) -> list[tuple[int, str]]:
    """Return each node's issue and its parent, in order."""
    return [(node.issue or 0, node.parent) for node in panorama.nodes]


def test_the_published_documents_are_read_as_they_are() -> None:
    """The two documents that the reference system publishes are one panorama of one issue; a note names the child."""
    (panorama,), notes = read_import(shared("reference/documents.txt").read_bytes(), ALIAS)
    (only,) = panorama.nodes
    moment = datetime(2018, 7, 25, 7, 54, 13, 338000, tzinfo=UTC)
    assert panorama.root == ROOT == only.parent
    assert panorama.name == f"Panorama {PANORAMA}"
    assert (only.node, only.kind, only.issue) == ("5b582ca5835e13000443333c", Kind.ISSUE, 12731)
    assert only.origin == Origin(creator=UserId(CREATOR), created=moment, updated=moment)
    (note,) = notes
    assert note.startswith("node 5b582ca5835e13000443333c (number 2): lists the child 5b582cb0835e13000443333e")


def test_children_stand_as_their_parent_lists_them() -> None:
    """The order of children is that of childrenOrder, of nodes at the top that of their documents."""
    (panorama,) = read(node(3, 1), node(1, ROOT, 4, 3), node(4, 1, 5), node(2), node(5, 4), tenant())
    assert order(panorama) == [
        (1001, ROOT),
        (1004, identity(1)),
        (1005, identity(4)),
        (1003, identity(1)),
        (1002, ROOT),
    ]
    assert (panorama.access, panorama.archived) == (EVERYONE, False)


def test_several_panoramas_may_be_in_one_file() -> None:
    """Nodes belong to the panorama that they name, wherever they stand in the file."""
    other = {"panoramaId": f'"{OTHER_PANORAMA}"'}
    first, second = read(node(1), node(2, OTHER_ROOT, **other), node(3, ROOT, 4), node(4, 3))
    assert (first.root, [n.issue for n in first.nodes]) == (ROOT, [1001, 1003, 1004])
    assert (second.root, [n.issue for n in second.nodes]) == (OTHER_ROOT, [1002])


def test_groups_and_notes_have_titles() -> None:
    """What the reference system lacks is written with a title in place of an issue."""
    group = node(1, ROOT, type='"GROUP"', issueId=None, title='"G \\u00e9"')
    note = node(2, ROOT, type='"NOTE"', issueId=None, title='"N"')
    (panorama,) = read(group, note)
    assert [(n.kind, n.issue, n.title) for n in panorama.nodes] == [
        (Kind.GROUP, None, "G é"),
        (Kind.NOTE, None, "N"),
    ]


def test_a_node_without_children_needs_no_list() -> None:
    """No childrenOrder and null are the same as an empty one."""
    assert len(read(node(1, childrenOrder=None), node(2, childrenOrder="null"))[0].nodes) == 2


@pytest.mark.parametrize("written", ["1", "9223372036854775807"])
def test_issue_ids_from_one_to_the_largest_are_read(written: str) -> None:
    """The limits themselves are allowed."""
    assert read(node(1, issueId=f"NumberLong({written})"))[0].nodes[0].issue == IssueId(int(written))


@pytest.mark.parametrize(
    "written",
    [
        "12731.0",
        "1.2731e4",
        '{"$numberDouble":"12731.0"}',
        '{"$numberDecimal":"12731"}',
        '{"$numberInt":"12731"}',
        '{"$numberLong":"12731"}',
        "Long('12731')",
        "Int32(12731)",
        "Double(12731)",
        "NumberDecimal('12731.0')",
    ],
)
def test_an_issue_id_may_be_a_number_of_any_type(written: str) -> None:
    """The old shell made a double of every number that was typed into it."""
    assert read(node(1, issueId=written))[0].nodes[0].issue == IssueId(12731)


def test_a_document_in_canonical_form_is_read() -> None:
    """With a member and a part of a reference that have no meaning here, of which a note tells."""
    (panorama,), notes = read_import(shared("cases/canonical.jsonl").read_bytes(), ALIAS)
    (only,) = panorama.nodes
    moment = datetime(2018, 7, 25, 7, 54, 13, 338000, tzinfo=UTC)
    assert (only.node, only.kind, only.issue) == ("5b582ca5835e13000443333c", Kind.ISSUE, 12731)
    assert only.origin == Origin(creator=UserId(CREATOR), created=moment, updated=moment)
    assert [note.partition(":")[2] for note in notes] == [" has members that have no meaning here and were left out"]


@pytest.mark.parametrize(
    "creator",
    [
        f'{{"$ref":"jiraUser","$id":{{"$oid":"{CREATOR}"}},"$db":"panorama"}}',
        f'{{"$ref":"jiraUser","$id":{{"$oid":"{CREATOR}"}},"$db":"panorama","name":"canary"}}',
        f"DBRef('jiraUser', ObjectId('{CREATOR}'), 'panorama')",
    ],
)
def test_a_reference_may_say_more(creator: str) -> None:
    """What it says besides is left out with a note, which does not tell it."""
    (panorama,), notes = read_import(content(node(1, creator=creator)), ALIAS)
    assert panorama.nodes[0].origin
    assert panorama.nodes[0].origin.creator == CREATOR
    assert len(notes) == 1
    assert "panorama" not in notes[0].partition(":")[2]
    assert "canary" not in notes[0]


def test_a_pointer_is_a_reference() -> None:
    """What references were before there were any, named with their database."""
    creator = f'{{"$dbPointer":{{"$ref":"panorama.jiraUser","$id":{{"$oid":"{CREATOR}"}}}}}}'
    assert read(node(1, creator=creator))[0].nodes[0].origin


def test_ids_are_told_apart_whatever_their_case() -> None:
    """Hex digits may be written in upper case."""
    (panorama,) = read(node(1, ROOT, 2, _id=f'ObjectId("{identity(1).upper()}")'), node(2, identity(1).upper()))
    assert [n.node for n in panorama.nodes] == [identity(1), identity(2)]


def test_unknown_members_are_left_out_with_a_note() -> None:
    """A member that has no meaning here is no defect, and neither its name nor its value is told."""
    written = [node(1, canary='"canary"'), node(2, title='"canary"')]
    (panorama,), notes = read_import(content(*written), ALIAS)
    assert len(panorama.nodes) == 2
    assert [note.partition(":")[0] for note in notes] == [
        f"node {identity(1)} (number 1)",
        f"node {identity(2)} (number 2)",
    ]
    assert "canary" not in "".join(notes)


@pytest.mark.parametrize(("written", "told"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_each_defect_is_told_by_id_and_position(written: list[str], told: list[str]) -> None:
    """A broken import is refused, and exactly what is wrong is told."""
    assert list(defects(*written)) == told


def test_every_defect_is_told_at_once() -> None:
    """One import that is broken in every way is told every way, and no more."""
    documents = [
        tenant(OTHER_ALIAS),
        node(2, ROOT, 3, 3, state='"X"', issueId="0", created="0"),
        node(3, 2),
        node(4, OTHER_ROOT),
        node(5, 5, 5),
        node(6),
    ]
    assert [told.partition(": ")[2] for told in defects(*documents)] == [
        "_id is not the tenant that imports",
        "state is not ACTIVE",
        "created is no date from 1970 to 9999",
        f"issueId is no whole number from 1 to {2**63 - 1}",
        f"lists the child {identity(3)} twice",
        f"its parent {OTHER_ROOT} is neither in the import nor the root of its panorama",
        "is below itself, in a circle of 1",
    ]


def test_defects_quote_nothing() -> None:
    """Whatever stands in a member, defects hold well-formed ids and positions only."""
    names = ["_id", "panoramaId", "parentId", "created", "type", "issueId", "tenantId", "state", "childrenOrder"]
    documents = [node(number, **{name: '"canary"'}) for number, name in enumerate(names, start=1)]
    told = " ".join(defects(tenant("jira:canary"), *documents, '{ "_id" : "canary" }', '"canary" canary'))
    assert "canary" not in told
    assert set(re.findall("[0-9a-f]{24}", told)) <= {ROOT, *(identity(number) for number in range(20))}


def test_nothing_of_a_tenant_is_kept() -> None:
    """The secrets in a tenant's document are in nothing that was read, nor in what is told of a broken import."""
    assert "canary" not in repr(read(tenant(), node(2)))
    assert "canary" not in repr(defects(tenant(OTHER_ALIAS), node(2)))


def test_a_chain_may_be_as_deep_as_the_limit() -> None:
    """One level more is a defect, told once for the node that is first too deep."""
    chain = [node(number, number - 1 or ROOT, number + 1) for number in range(1, DEPTH)]
    deepest = node(DEPTH, DEPTH - 1)
    assert len(read(*chain, deepest)[0].nodes) == DEPTH
    deeper = [node(DEPTH, DEPTH - 1, DEPTH + 1), node(DEPTH + 1, DEPTH, DEPTH + 2), node(DEPTH + 2, DEPTH + 1)]
    (told,) = defects(*chain, *deeper)
    assert told == f"node {identity(DEPTH + 1)} (number {DEPTH + 1}): lies more than {DEPTH} levels below the root"


def test_more_panoramas_than_the_limit_are_refused() -> None:
    """The limit itself is allowed."""
    documents = [node(number, f"{number:024x}", panoramaId=f'"{number:024x}"') for number in range(1, PANORAMAS + 2)]
    assert len(read(*documents[:-1])) == PANORAMAS
    assert defects(*documents) == (f"the import: has {PANORAMAS + 1} panoramas, and {PANORAMAS} are allowed",)


def test_more_documents_than_the_limit_are_refused() -> None:
    """Reading stops there."""
    (*_, told, beyond) = defects("{}" * (DOCUMENTS + 10))
    assert told.startswith(f"number {LISTED}: ")
    assert beyond == f"and {DOCUMENTS - LISTED + 1} more"


def test_a_large_chain_of_circles_is_found_in_linear_time() -> None:
    """A long circle with a long tail takes a moment, and is told once."""
    count = 5_000
    circle = [node(number, (number + 1) % count, (number - 1) % count) for number in range(count)]
    tail = [node(number, number + 1) for number in range(count, 2 * count)]
    told = defects(*circle, *tail, node(2 * count, 0))
    assert sum("circle" in one for one in told) == 1
    assert told[-1].endswith(f"in a circle of {count}")
