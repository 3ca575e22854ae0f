"""What machines ask of the service: whether it lives, whether it can serve, and its counters."""

import pytest

from entrypoints.http.settings import HttpSettings
from entrypoints.sandbox.keys import SandboxKeys
from ports.errors import Unavailable
from tests.e2e.service import Service, running
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import House


async def test_a_process_that_answers_lives(service: Service, storage: FlakyStorage) -> None:
    """Health asks nothing of the outside, so that an outage restarts nobody."""
    storage.plan = (Fault(1, Harm.LOST_REQUEST, times=1_000_000),)
    async with service.client() as machine:
        answer = await machine.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_service_is_ready_when_everything_answers(service: Service) -> None:
    """Each part is named and fine."""
    async with service.client() as machine:
        answer = await machine.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"storage": "ok", "vault": "ok", "keys spare": "ok"})


async def test_a_storage_that_is_out_is_named(service: Service, storage: FlakyStorage) -> None:
    """Readiness is 503 with the part that is out, and logged."""
    storage.plan = (Fault(1, Harm.LOST_REQUEST, times=1_000_000),)
    storage.steps.clear()
    async with service.client() as machine:
        answer = await machine.get("/readyz")
    assert (answer.status_code, answer.json()["storage"], answer.json()["vault"]) == (503, "unavailable", "ok")
    assert answer.headers["retry-after"] == "1"
    assert service.lines[-1]["status"] == 503


async def test_keys_that_are_out_are_named(service: Service) -> None:
    """A key manager that does not answer makes the vault's check fail."""
    service.house.key_manager.failure = Unavailable()
    async with service.client() as machine:
        answer = await machine.get("/readyz")
    assert (answer.status_code, answer.json()["storage"]) == (503, "ok")
    assert answer.json()["vault"] == "unavailable"


async def test_a_part_that_can_be_done_without_is_named_and_does_not_end_the_service(service: Service) -> None:
    """A blob store or one of several key managers that is out shows, and requests go on being sent here."""
    service.spare.failure = Unavailable()
    async with service.client() as machine:
        answer = await machine.get("/readyz")
    assert (answer.status_code, answer.json()["keys spare"], answer.json()["vault"]) == (200, "unavailable", "ok")


@pytest.mark.parametrize(("address", "status"), [("10.1.2.3", 404), ("unknown", 404), ("127.0.0.1", 200), ("::1", 200)])
async def test_counters_are_for_operators(service: Service, address: str, status: int) -> None:
    """From any other network there is nothing at that address."""
    async with service.client(address=address) as machine:
        answer = await machine.get("/metrics")
    assert answer.status_code == status


async def test_operators_may_be_elsewhere(keys: SandboxKeys) -> None:
    """The networks that may read counters are configured."""
    settings = HttpSettings(operators=("10.0.0.0/8",))
    async with running(House(), keys, settings) as service, service.client(address="10.1.2.3") as machine:
        assert (await machine.get("/metrics")).status_code == 200
