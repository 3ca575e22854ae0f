"""All key managers are lost while the service runs."""

from application.keys.vault import KEY_LIFETIME
from ports.errors import Unavailable
from tests.e2e.service import Service


async def test_keys_in_memory_serve_until_they_expire(service: Service) -> None:
    """For five minutes reads and edits go on; then they are answered 503, with the reason in the log."""
    site = await service.install()
    async with service.client(site) as ann:
        panorama = (await ann.post("/api/panoramas", json={"name": "Roadmap"})).json()["id"]
    service.house.key_manager.failure = Unavailable("out")
    service.house.time.go_on(seconds=KEY_LIFETIME - 60)
    async with service.client(site) as ann:
        assert (await ann.get(f"/api/panoramas/{panorama}")).is_success
        assert (await ann.post("/api/panoramas", json={"name": "Later"})).is_success
    service.house.time.go_on(seconds=61)
    async with service.client(site) as ann:
        for answer in (
            await ann.get(f"/api/panoramas/{panorama}"),
            await ann.post("/api/panoramas", json={"name": "x"}),
        ):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert service.lines[-1]["status"] == 503
            assert service.lines[-1]["reason"] == "port-unavailable"
            assert service.lines[-1]["where"].startswith("wraps.py:")
        service.house.key_manager.failure = None
        assert (await ann.get(f"/api/panoramas/{panorama}")).is_success
