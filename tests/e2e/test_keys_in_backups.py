"""A data key goes when it has been replaced, and not before the last backup that needs it has gone."""

import asyncio
from pathlib import Path

import pytest
from dependency_injector import providers

from application.keys import rotation, succession
from application.tenants.lifecycle import install_app
from domain.tenants import Installation
from entrypoints.configuration_file import embedded
from entrypoints.container import Sources, opened
from entrypoints.core_services import CoreServices
from tests.fakes.sources import FakeTime

ROTATE, SNAPSHOT, PRUNE = "rotate-data-keys", "take-snapshots", "prune-backups"
DESTROYED = "data keys destroyed"


async def maintained(services: CoreServices, *jobs: str) -> dict[str, int]:
    """Have maintenance do what is due; return what was done."""
    came = await services.maintenance.run(lambda _: None, asyncio.Event(), jobs)
    assert all(ran is not None and ran.failure is None and not ran.report.findings for ran in came.values()), came
    return {what: count for ran in came.values() if ran for what, count in ran.report.done.items()}


async def test_an_old_key_stays_for_as_long_as_a_backup_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the embedded default, through its own maintenance: segments name it for a week, and snapshots no more."""
    # How long a process has watched, and when it looks again, is measured by a clock that the test does not move.
    monkeypatch.setattr(succession, "_SETTLED", 0.0)
    monkeypatch.setattr(rotation, "LOOK", 0.0)
    time = FakeTime()
    with Sources.clock.override(providers.Object(time.clock)):
        async with opened(embedded({"PANORAMA_DATA": str(tmp_path / "data")})) as services:
            assert services.backups is not None
            installation = Installation(alias="jira:one", issued=time.now, secret="s" * 48)
            tenant = await install_app(installation, services.tenants, services.clock)
            assert tenant is not None
            await services.backups.shipper.ship()
            time.go_on(hours=24 * 61)
            assert "data keys made" in await maintained(services, ROTATE)
            for _ in range(3):
                time.go_on(hours=25)
                await services.backups.shipper.ship()
                assert DESTROYED not in await maintained(services, ROTATE)
            assert 1 in await services.backups.uses.needed(tenant)
            await maintained(services, SNAPSHOT)
            for _ in range(8):
                time.go_on(hours=25)
                await maintained(services, SNAPSHOT, PRUNE)
            assert await services.backups.uses.needed(tenant) == {2}
            assert DESTROYED in await maintained(services, ROTATE)
