"""Panoramas as files, out and in over HTTP."""

import csv
import io

import httpx
import pytest

from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.wishes import add_issue, add_note, batch

pytestmark = pytest.mark.clouds


@pytest.fixture
async def filled(ann: httpx.AsyncClient, panorama: str) -> str:
    """Return a panorama with an issue and a note below it."""
    await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(7, -1), add_note("=note", -1)))
    return panorama


@pytest.mark.parametrize(
    ("form", "media_type", "ending"),
    [
        ("json", "application/json", "json"),
        ("csv", "text/csv; charset=utf-8", "csv"),
        ("reference", "application/x-ndjson", "ndjson"),
    ],
)
async def test_an_export_is_a_file(
    ann: httpx.AsyncClient, filled: str, form: str, media_type: str, ending: str
) -> None:
    """Each form has its media type, and a name made of the panorama's id."""
    answer = await ann.get(f"/api/panoramas/{filled}/export", params={"format": form})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.headers["content-disposition"] == f'attachment; filename="panorama-{filled}.{ending}"'
    assert b"7" in answer.content


async def test_there_is_no_other_form(ann: httpx.AsyncClient, filled: str) -> None:
    """An unknown form is refused."""
    answer = await ann.get(f"/api/panoramas/{filled}/export", params={"format": "xml"})
    assert (answer.status_code, answer.json()["at"]) == (400, ["format"])


@pytest.mark.parametrize(
    ("parameters", "bom", "issue"),
    [
        ({}, False, "7"),
        ({"bom": "true"}, True, "7"),
        ({"for": "excel"}, True, '="7"'),
        ({"for": "excel", "bom": "false"}, False, '="7"'),
    ],
)
async def test_a_table_is_written_for_what_opens_it(
    ann: httpx.AsyncClient, filled: str, parameters: dict[str, str], *, bom: bool, issue: str
) -> None:
    """A byte order mark where it is asked for or Excel opens it; ids as texts for Excel; no formula in either."""
    answer = await ann.get(f"/api/panoramas/{filled}/export", params={"format": "csv", **parameters})
    assert answer.content.startswith(b"\xef\xbb\xbf") is bom
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row[4], row[5]) for row in rows[1:]] == [(issue, ""), ("", "'=note")]


@pytest.mark.parametrize("name", ["bom", "for"])
async def test_only_a_table_is_written_for_something(ann: httpx.AsyncClient, filled: str, name: str) -> None:
    """Any other form with such a parameter is not what is meant."""
    value = {"bom": "true", "for": "excel"}[name]
    answer = await ann.get(f"/api/panoramas/{filled}/export", params={"format": "json", name: value})
    assert (answer.status_code, answer.json()["at"]) == (400, [name])


async def test_our_own_export_comes_back_in(ann: httpx.AsyncClient, filled: str) -> None:
    """Importing an export begins a panorama with the same nodes."""
    exported = await ann.get(f"/api/panoramas/{filled}/export")
    imported = await ann.post(
        "/api/panoramas/imports", content=exported.content, headers={"Content-Type": "application/json"}
    )
    assert imported.status_code == 201
    (made,) = imported.json()["panoramas"]
    assert made["id"] != filled
    outlines = [(await ann.get(f"/api/panoramas/{id_}")).json()["nodes"] for id_ in (filled, made["id"])]
    assert outlines[0] == outlines[1]


async def test_the_reference_form_comes_back_in(ann: httpx.AsyncClient, site: ConnectSite, panorama: str) -> None:
    """Documents in the shell's form, which is not JSON, begin a panorama; the tenant is told by its alias."""
    await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(7, -1), add_issue(8, None, -1)))
    exported = await ann.get(f"/api/panoramas/{panorama}/export", params={"format": "reference"})
    assert site.client_key in exported.text
    imported = await ann.post(
        "/api/panoramas/imports", content=exported.content, headers={"Content-Type": "text/plain"}
    )
    assert imported.status_code == 201
    (made,) = imported.json()["panoramas"]
    rows = (await ann.get(f"/api/panoramas/{made['id']}")).json()["nodes"]
    assert [row[3] for row in rows] == [7, 8]


async def test_a_broken_import_is_refused_with_every_defect(ann: httpx.AsyncClient) -> None:
    """Nothing of it is kept, and each defect is listed."""
    answer = await ann.post("/api/panoramas/imports", json={"format": "nonsense"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/schema#import-refused")
    assert answer.json()["defects"]
    assert (await ann.get("/api/panoramas")).json()["panoramas"] == []


async def test_a_repeated_import_is_answered_with_the_first(ann: httpx.AsyncClient, filled: str) -> None:
    """The same idempotency key imports once."""
    exported = await ann.get(f"/api/panoramas/{filled}/export")
    headers = {"Content-Type": "application/json", "Idempotency-Key": "import"}
    first = await ann.post("/api/panoramas/imports", content=exported.content, headers=headers)
    again = await ann.post("/api/panoramas/imports", content=exported.content, headers=headers)
    assert first.json() == again.json()
    assert len((await ann.get("/api/panoramas")).json()["panoramas"]) == 2


async def test_other_files_are_not_imported(ann: httpx.AsyncClient) -> None:
    """A body of another media type is refused before it is read."""
    answer = await ann.post("/api/panoramas/imports", content=b"x", headers={"Content-Type": "image/png"})
    assert (answer.status_code, answer.json()["type"]) == (415, "/schema#media-type-unsupported")
