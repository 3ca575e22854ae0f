"""Parts of two clouds are out when the service starts: it serves what it can, says what is out, and recovers."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.wishes import add_note, batch
from tests.free_ports import free_port
from tests.patience import Deadline, patience
from tests.processes import Machine, Process, machine, tell
from tests.servers.aws import Server as AwsServer
from tests.servers.gcp_kms import cloud_kms
from tests.servers.gcs import cloud_storage
from tests.servers.proxy import Proxy, proxy_to
from tests.servers.strict_kms import strict_kms

KEYS = ("keys 1", "keys 2")
SECONDS = 8.0
"""What a request may take: less than the deadline of one key manager, so that none is waited for alone."""

RECOVERY = 20.0


class Clouds(NamedTuple):
    """A site on AWS and on Google, and the line to each of its parts, by the part's name."""

    machine: Machine
    lines: dict[str, Proxy]

    def take_out(self, parts: tuple[str, ...], how: str) -> None:
        """Have nobody reach the parts any more: connections end at once, or nothing passes."""
        for part in parts:
            if how == "refused":
                self.lines[part].refuse(refusing=True)
            else:
                self.lines[part].stall(stalling=True)

    def bring_back(self) -> None:
        """Have every part answer again."""
        for line in self.lines.values():
            line.refuse(refusing=False)
            line.stall(stalling=False)


@pytest.fixture
def clouds(tmp_path: Path, ministack_server: AwsServer) -> Iterator[Clouds]:
    """Yield a site with keys and buckets of AWS and of Google; nothing refers to its secrets, which are out."""
    with ExitStack() as stack:
        _, aws_kms = stack.enter_context(strict_kms())
        google_kms, gcs = stack.enter_context(cloud_kms()), stack.enter_context(cloud_storage())
        aws_key, google_key, bucket = aws_kms.create_key(), google_kms.create_key("k"), f"b-{uuid4()}"
        ministack_server.create_bucket(bucket)
        gcs.create_bucket(bucket)
        ports = {
            "keys 1": aws_kms.port,
            "keys 2": port_of(google_kms.server.endpoint),
            "blobs 1": ministack_server.port,
            "blobs 2": port_of(gcs.endpoint),
        }
        lines = {part: stack.enter_context(proxy_to(port)) for part, port in ports.items()}
        at = {part: f"endpoint=http://127.0.0.1:{line.port}" for part, line in lines.items()}
        settings = {
            "REGION": "us-east-1",
            "KEYS": f"aws-kms:{aws_key}?{at['keys 1']},gcp-kms:{google_key}?{at['keys 2']}",
            "BLOBS": f"s3://{bucket}?region=us-east-1&{at['blobs 1']},gs://{bucket}?region=us&{at['blobs 2']}",
            "SECRETS": f"gcp-secrets:projects/p/x-?region=us-east1&endpoint=http://127.0.0.1:{free_port()}",
        }
        stack.enter_context(ministack_server.credentials())
        environ = {f"PANORAMA_SITES__LOCAL__{key}": value for key, value in settings.items()}
        yield Clouds(stack.enter_context(machine(tmp_path, environ)), lines)


def port_of(endpoint: str) -> int:
    """Return the port of an endpoint."""
    port = urlsplit(endpoint).port
    assert port is not None
    return port


def readiness(process: Process) -> tuple[int, set[str]]:
    """Return the status of readiness and the parts that are out; it is never waited for long."""
    answer = httpx.get(f"{process.url}/readyz", timeout=patience(SECONDS))
    return answer.status_code, {name for name, state in answer.json().items() if state != "ok"}


def await_recovery(process: Process) -> None:
    """Return when every part answers again, without anybody having done anything to the process."""
    deadline = Deadline(RECOVERY)
    while readiness(process) != (200, set()):
        assert not deadline.has_passed(), readiness(process)
        time.sleep(0.2)


async def shaped(clouds: Clouds) -> tuple[ConnectSite, str]:
    """Return a site that has installed the app by a process that has ended since, and a panorama of it."""
    process = clouds.machine.start()
    site = clouds.machine.install(process)
    async with clouds.machine.client(process, site) as client:
        panorama = (await client.post("/api/panoramas", json={"name": "Roadmap"})).json()["id"]
    process.kill()
    return site, panorama


async def served(clouds: Clouds, process: Process, site: ConnectSite, panorama: str) -> bool:
    """Whether a read and an edit succeed, and nobody waits for either for long."""
    async with clouds.machine.client(process, site) as client:
        client.timeout = httpx.Timeout(patience(SECONDS))
        read = await client.get(f"/api/panoramas/{panorama}")
        edit = await client.post(f"/api/panoramas/{panorama}/changes", json=batch(add_note("Note")))
    return read.is_success and edit.is_success


def told(clouds: Clouds, process: Process) -> int:
    """Return the status of an installation by somebody new."""
    return tell(process, clouds.machine.jira.installed(clouds.machine.jira.new_site())).status_code


@pytest.mark.parametrize("how", ["refused", "silent"])
@pytest.mark.parametrize("part", KEYS)
async def test_one_key_manager_that_is_out_at_start_stops_neither_reads_nor_edits(
    clouds: Clouds, part: str, how: str
) -> None:
    """The other one opens every data key; new sites wait until both are back, which needs no restart."""
    site, panorama = await shaped(clouds)
    clouds.take_out((part,), how)
    process = clouds.machine.start()
    assert readiness(process) == (200, {part})
    assert await served(clouds, process, site, panorama)
    assert told(clouds, process) == 503
    clouds.bring_back()
    await_recovery(process)
    assert told(clouds, process) == 204


@pytest.mark.parametrize(("part", "how"), [("blobs 1", "silent"), ("blobs 2", "refused")])
async def test_one_blob_store_that_is_out_at_start_is_told_and_nothing_else(
    clouds: Clouds, part: str, how: str
) -> None:
    """Installing, reading and editing need no blobs."""
    clouds.take_out((part,), how)
    process = clouds.machine.start()
    assert readiness(process) == (200, {part})
    site = clouds.machine.install(process)
    async with clouds.machine.client(process, site) as client:
        assert (await client.post("/api/panoramas", json={"name": "Roadmap"})).is_success
    clouds.bring_back()
    await_recovery(process)


@pytest.mark.parametrize("how", ["refused", "silent"])
async def test_all_key_managers_that_are_out_at_start_are_waited_for(clouds: Clouds, how: str) -> None:
    """The process starts and answers 503, with the reason in its log; as soon as one is back, it serves."""
    site, panorama = await shaped(clouds)
    clouds.take_out(KEYS, how)
    process = clouds.machine.start(ready=False)
    assert readiness(process) == (503, {"vault", *KEYS})
    async with clouds.machine.client(process, site) as client:
        assert (await client.get(f"/api/panoramas/{panorama}")).status_code == 503
    log = clouds.machine.log.read_text()
    assert '"reason":"port-unavailable"' in log
    assert '"reason":"vault ' in log
    clouds.bring_back()
    await_recovery(process)
    assert await served(clouds, process, site, panorama)


async def test_a_site_may_start_for_the_first_time_before_its_key_managers(clouds: Clouds) -> None:
    """Its own data key is made when it is first needed: with the first installation, which waits for both of them."""
    clouds.take_out(KEYS, "refused")
    process = clouds.machine.start(ready=False)
    assert readiness(process) == (503, {"vault", *KEYS})
    assert told(clouds, process) == 503
    clouds.bring_back()
    await_recovery(process)
    site = clouds.machine.install(process)
    async with clouds.machine.client(process, site) as client:
        assert (await client.post("/api/panoramas", json={"name": "Roadmap"})).is_success
