"""Somebody who has the service's own credentials attacks what was shipped to Cloud Storage with them."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from google.api_core.exceptions import Forbidden

from adapters.gcp.blobs import open_gcs
from adapters.gcp.objects import connected
from application.backups.problems import Part
from tests.contract.backups.test_stores import a_site
from tests.fakes.restore import Ruin
from tests.servers.gcs import cloud_storage

OVERRIDE: Final = {"overrideUnlockedRetention": "true"}
NONSENSE: Final = b"nonsense"


def google_delete(blob: Any) -> None:
    """Delete an object."""
    blob.delete(retry=None)


def google_delete_generation(blob: Any) -> None:
    """Delete one content of it."""
    blob.bucket.delete_blob(blob.name, generation=blob.generation, retry=None)


def google_put_over(blob: Any) -> None:
    """Put other bytes under its name."""
    blob.bucket.blob(blob.name).upload_from_string(NONSENSE, retry=None)


def google_shorten(blob: Any) -> None:
    """Have the lock end soon."""
    blob.retention.retain_until_time = datetime.now(UTC) + timedelta(minutes=1)
    blob.patch(override_unlocked_retention=True, retry=None)


def google_loosen(blob: Any) -> None:
    """Have the lock be of the weaker mode."""
    blob.retention.mode = "Unlocked"
    blob.patch(override_unlocked_retention=True, retry=None)


GOOGLE_FORBIDDEN: Final = (
    google_delete,
    google_delete_generation,
    google_put_over,
    google_shorten,
    google_loosen,
)


async def test_an_attacker_can_do_nothing_to_objects_of_cloud_storage() -> None:
    """There a locked object cannot be written over either: whatever is tried is refused."""
    with cloud_storage() as service:
        held = service.create_bucket("b", object_retention=True)
        store = await open_gcs("b", "site/", endpoint=service.endpoint)
        await store.check()
        yard = await a_site(store, datetime.now(UTC))
        before = {name: (stored.content, stored.resource) for name, stored in held.objects.items()}
        with closing(connected(service.endpoint, 1)) as client:
            for blob in client.list_blobs("b"):
                for attack in GOOGLE_FORBIDDEN:
                    with pytest.raises(Forbidden):
                        await asyncio.to_thread(attack, client.bucket("b").get_blob(blob.name))
                path = f"{service.endpoint}/storage/v1/b/b/o/{quote(blob.name, safe='')}"
                lifted = await asyncio.to_thread(httpx.patch, path, params=OVERRIDE, json={"retention": None})
                assert lifted.status_code == httpx.codes.FORBIDDEN
        assert {name: (stored.content, stored.resource) for name, stored in held.objects.items()} == before
        assert len(before) > 5
        looked = await yard.backups.verifier.verify(yard.stores[0], Part())
        assert looked.problems == ()
        assert looked.locked == looked.read + looked.manifests + 1, "nothing else keeps the attackers off"
        ruin = Ruin(yard)
        assert (await ruin.restored()).flaws == ()
        await store.close()
