"""The documents that the reference system publishes, in and out over HTTP."""

import pytest

from tests.e2e.service import Service
from tests.shared_material import shared

pytestmark = pytest.mark.clouds

CLIENT_KEY = "f6f1d26e-78aa-4d26-9e36-20ee3a47b6ac"
FORM = {"Content-Type": "text/plain"}


async def test_the_published_documents_are_imported_and_come_out_in_the_same_shape(service: Service) -> None:
    """Their own site imports them as they are; what comes out differs by the panorama's id and the absent child."""
    published = shared("reference/documents.txt").read_bytes()
    site = await service.install(CLIENT_KEY)
    async with service.client(site) as client:
        imported = await client.post("/api/panoramas/imports", content=published, headers=FORM)
        assert imported.status_code == 201
        (made,) = imported.json()["panoramas"]
        (note,) = imported.json()["notes"]
        assert "5b582cb0835e13000443333e" in note
        exported = await client.get(f"/api/panoramas/{made['id']}/export", params={"format": "reference"})
        outline = (await client.get(f"/api/panoramas/{made['id']}")).json()
    assert [row[:4] for row in outline["nodes"]] == [["5b582ca5835e13000443333c", 1, "ISSUE", 12731]]
    _, node = published.decode().splitlines()
    expected = node.replace("5b582c98835e130004433339", made["id"]).replace('"5b582cb0835e13000443333e" ', "")
    assert exported.text.splitlines()[1] == expected


async def test_another_site_cannot_import_them(service: Service) -> None:
    """Every document that belongs to another site is told, and nothing is kept."""
    site = await service.install()
    async with service.client(site) as client:
        content = shared("reference/documents.txt").read_bytes()
        refused = await client.post("/api/panoramas/imports", content=content, headers=FORM)
        assert refused.status_code == 422
        assert [defect.partition(": ")[2] for defect in refused.json()["defects"]] == [
            "_id is not the tenant that imports",
            "tenantId is not the tenant that imports",
        ]
        assert CLIENT_KEY not in refused.text
        assert (await client.get("/api/panoramas")).json()["panoramas"] == []
