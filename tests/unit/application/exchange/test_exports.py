"""Giving panoramas out: the published form to the letter, tables, access."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.exchange.export_csv import COLUMNS, Table, export_csv
from application.exchange.export_json import export_json
from application.exchange.export_reference import Site, export_reference
from application.exchange.exports import ExportRequest, Form, export_panorama
from application.exchange.facts import founding_facts
from application.exchange.formulas import harmless
from application.exchange.imports import ImportRequest, import_panoramas
from application.exchange.reading import read_import
from application.panoramas.founding import found
from domain.errors import PanoramaMissing
from domain.ids import IssueId, NodeId, PanoramaId, UserId
from domain.panoramas.access import Access
from domain.panoramas.facts import Added, Kind, Opened, Origin
from domain.panoramas.tree import Tree
from tests.fakes.house import ANN, BEN, TENANT, House, furnished
from tests.shared_material import shared
from tests.unit.application.exchange.documents import ALIAS, PANORAMA, ROOT, content, identity, node
from tests.unit.application.exchange.trees import OWNER, tree_of

PUBLISHED = Site(alias=ALIAS, base_url="https://jqlsearchextensions.atlassian.net", installed=True)
MOMENT = datetime(2018, 7, 25, 7, 54, 13, 338999, tzinfo=UTC)
ORIGIN = Origin(creator=UserId("5b3640f8f4a17f0004143c40"), created=MOMENT, updated=MOMENT)


def titled(*titles: str) -> Tree:
    """Return a panorama of notes, each below the one before."""
    ids = [NodeId(ROOT), *(identity(number) for number, _ in enumerate(titles))]
    added = (
        Added(ids[number + 1], Kind.NOTE, ids[number], title=title, origin=ORIGIN)
        for number, title in enumerate(titles)
    )
    return tree_of((Opened(PanoramaId(PANORAMA), NodeId(ROOT), "N", OWNER), *added))


def test_the_published_documents_come_back_to_the_letter() -> None:
    """All but the child that is not in them, and the secrets, which are blotted out there as here."""
    published = shared("reference/documents.txt").read_bytes()
    (source,), _ = read_import(published, ALIAS)
    tree = tree_of(founding_facts(source, PanoramaId(PANORAMA), OWNER))
    assert export_reference(tree, PUBLISHED) == published.replace(b'"5b582cb0835e13000443333e" ', b"")


def test_children_are_listed_as_in_the_published_documents() -> None:
    """Children stand in childrenOrder in their order."""
    (source,), _ = read_import(content(node(1, ROOT, 3, 2), node(2, 1), node(3, 1)), ALIAS)
    lines = export_reference(tree_of(founding_facts(source, PanoramaId(PANORAMA), OWNER)), PUBLISHED).decode()
    assert f'"childrenOrder" : [ "{identity(3)}", "{identity(2)}" ], "creator"' in lines
    assert [line.count(f'"_id" : ObjectId("{identity(3)}")') for line in lines.splitlines()] == [0, 0, 1, 0]


def test_times_are_whole_milliseconds_in_the_reference_form() -> None:
    """MongoDB knows no more than milliseconds; what is finer is cut off."""
    assert 'ISODate("2018-07-25T07:54:13.338Z")' in export_reference(titled("T"), PUBLISHED).decode()


def test_a_tenant_that_is_gone_is_told_as_not_installed() -> None:
    """The tenant's document says whether the app is installed."""
    site = Site(alias=ALIAS, base_url="https://x.example", installed=False)
    assert b'"addonInstalled" : false}\n' in export_reference(titled("T"), site)


def test_titles_survive_quotes_and_every_script() -> None:
    """A title is written as it is, escaped where it has to be."""
    title = 'a "b" \\ ü 日本 \u202e 😀'
    (source,), _ = read_import(export_reference(titled(title), PUBLISHED), ALIAS)
    assert source.nodes[0].title == title


def test_a_table_has_a_line_for_each_node() -> None:
    """Depth tells the shape; the first line names the columns."""
    tree = tree_of(
        (
            Opened(PanoramaId(PANORAMA), NodeId(ROOT), "N", OWNER),
            Added(identity(1), Kind.GROUP, NodeId(ROOT), title='G, "quoted"', origin=ORIGIN),
            Added(identity(2), Kind.ISSUE, identity(1), issue=IssueId(12731), origin=ORIGIN),
        )
    )
    written = export_csv(tree).decode()
    assert written.count("\r\n") == len(written.splitlines()) == 3
    rows = list(csv.reader(io.StringIO(written)))
    time = "2018-07-25T07:54:13.338Z"
    assert rows == [
        list(COLUMNS),
        ["1", identity(1), ROOT, "GROUP", "", 'G, "quoted"', ORIGIN.creator, time, time],
        ["2", identity(2), identity(1), "ISSUE", "12731", "", ORIGIN.creator, time, time],
    ]


INVISIBLE = [
    "",
    " ",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\u2028",
    "\u202e",
    "\u00ad",
    "\u2060",
    "\ufe0f",
    "\u3164",
    "\u2065",
    "\ufff0",
    "\U000e0100",
    "\U000e01ef",
    "\U000e0fff",
]
SIGNS = ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66", "\ufe62", "\ufe63", "\ufe6b", "\u2212"]
FORMULAS = [f"{before}{sign}1" for before in (*INVISIBLE, " \u200b\t", '"', '" ') for sign in SIGNS]


@pytest.mark.parametrize("title", [*FORMULAS, "\t1", "\r1", "\n1"])
def test_no_title_becomes_a_formula(title: str) -> None:
    """What a spreadsheet would compute gets an apostrophe in front; anything else is left as it is."""
    rows = list(csv.reader(io.StringIO(export_csv(titled(title, f"a{title}")).decode())))
    assert [row[5] for row in rows[1:]] == [f"'{title}", f"a{title}"]


def test_the_titles_that_became_formulas_do_not() -> None:
    """Only the last of them was one already."""
    titles = json.loads(shared("cases/csv-titles.json").read_bytes())
    rows = list(csv.reader(io.StringIO(export_csv(titled(*titles)).decode())))
    assert [row[5] for row in rows[1:]] == [*(f"'{title}" for title in titles[:-1]), titles[-1]]


@pytest.mark.parametrize(
    ("title", "written"),
    [("a;=1+1", "a;'=1+1"), ('a; "=1', "a;' \"=1"), ("=1;b;@c", "'=1;b;'@c"), ("a;b", "a;b"), (";", ";"), ("", "")],
)
def test_no_part_of_a_title_becomes_a_formula(title: str, written: str) -> None:
    """A semicolon divides cells where the comma divides decimals."""
    assert harmless(title) == written


@given(st.text())
def test_a_title_is_changed_by_apostrophes_alone(title: str) -> None:
    """Whatever it is, it can be read, and is harmless for good."""
    assert harmless(title).replace("'", "") == title.replace("'", "")
    assert harmless(harmless(title)) == harmless(title)


def test_times_have_one_form() -> None:
    """Whole seconds, milliseconds and what is finer are written alike, so that a column can be sorted as text."""
    whole = Origin(creator=ORIGIN.creator, created=MOMENT.replace(microsecond=0), updated=MOMENT)
    added = Added(identity(1), Kind.NOTE, NodeId(ROOT), title="N", origin=whole)
    tree = tree_of((Opened(PanoramaId(PANORAMA), NodeId(ROOT), "N", OWNER), added))
    assert export_csv(tree).decode().rstrip().endswith("2018-07-25T07:54:13.000Z,2018-07-25T07:54:13.338Z")


def test_a_table_for_excel_keeps_long_ids() -> None:
    """Ids are texts there, which a spreadsheet neither rounds nor takes for powers of ten; times are dates."""
    added = Added(identity(1), Kind.ISSUE, NodeId(ROOT), issue=IssueId(2**63 - 1), origin=ORIGIN)
    tree = tree_of((Opened(PanoramaId(PANORAMA), NodeId(ROOT), "N", OWNER), added))
    written = export_csv(tree, Table(bom=True, excel=True))
    assert written.startswith(b"\xef\xbb\xbfdepth,")
    row = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))[1]
    time = "2018-07-25 07:54:13"
    ids = [f'="{each}"' for each in (identity(1), ROOT, 2**63 - 1, ORIGIN.creator)]
    assert row == ["1", ids[0], ids[1], "ISSUE", ids[2], "", ids[3], time, time]


async def begun(house: House) -> PanoramaId:
    """Have ANN import a panorama."""
    request = ImportRequest(tenant=TENANT, user=ANN, alias=ALIAS, content=content(node(1)))
    imported = await import_panoramas(request, house.panoramas)
    return imported.panoramas[0].panorama


@pytest.mark.parametrize("form", Form)
async def test_a_panorama_is_given_out_in_each_form(form: Form) -> None:
    """What is given out is the newest tree in the form that was asked for."""
    house = await furnished()
    panorama = await begun(house)
    tree = (await house.panoramas.newest(TENANT, panorama)).tree
    expected = {
        Form.JSON: export_json(tree),
        Form.CSV: export_csv(tree),
        Form.REFERENCE: export_reference(tree, PUBLISHED),
    }
    request = ExportRequest(tenant=TENANT, user=BEN, panorama=panorama, form=form, site=PUBLISHED)
    assert await export_panorama(request, house.panoramas) == expected[form]


async def test_who_may_not_see_a_panorama_gets_no_export() -> None:
    """It is as if there were none."""
    house = await furnished()
    source = read_import(content(node(1)), ALIAS)[0][0]
    nobody = Access(viewers=frozenset(), editors=frozenset())
    hidden = type(source)(name="N", root=source.root, nodes=source.nodes, access=nobody)
    request = ImportRequest(tenant=TENANT, user=ANN, alias=ALIAS, content=b"")
    panorama = house.ids.panorama()
    await found(request, panorama, founding_facts(hidden, panorama, ANN), house.panoramas)
    asked = ExportRequest(tenant=TENANT, user=BEN, panorama=panorama, form=Form.JSON, site=PUBLISHED)
    with pytest.raises(PanoramaMissing):
        await export_panorama(asked, house.panoramas)
