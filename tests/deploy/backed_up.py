"""What the service does with what it was told on any cloud: it serves, and backs up what somebody shapes."""

import asyncio

from tests.processes import Machine


async def back_up(cloud: Machine) -> None:
    """Serve, have somebody shape something, and ship it; whatever was shipped reads back."""
    process = await asyncio.to_thread(cloud.start)
    site = cloud.install(process)
    async with cloud.client(process, site) as client:
        assert (await client.post("/api/panoramas", json={"name": "Roadmap"})).status_code == 201
    # It ships by itself, and what it has just shipped is not locked yet.
    assert await asyncio.to_thread(process.stop) == 0
    shipped = await asyncio.to_thread(cloud.run, "backup", "now", "--json")
    assert shipped.returncode == 0, shipped.stderr
    verified = await asyncio.to_thread(cloud.run, "backup", "verify", "--json")
    assert verified.returncode == 0, verified.stdout
