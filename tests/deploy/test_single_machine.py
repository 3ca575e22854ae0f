"""One machine hosts Panorama with systemd and nginx: what is installed is right, tight, and never talks in clear."""

import os
import re
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from entrypoints.sandbox.forge import LARGE_CONTEXT
from tests.deploy.single_machine import Installed, Proxied, proxied
from tests.free_ports import free_port
from tests.processes import Machine, Process, machine
from tests.report import not_proven

pytestmark = pytest.mark.timeout(2_400)

EXPOSURE: Final = 2.0
"""The most that systemd may find a unit exposed, of 10."""

AS_ROOT: Final = {"fchown"}
"""What SQLite calls only where it runs as root, as it does here and not there."""

SECRET: Final = "eyJ-a-token-of-somebody"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install it, twice, with an edit between."""
    made = Installed(tmp_path_factory.mktemp("root"))
    made.install()
    with made.configuration.open("a") as file:
        file.write("\n# An operator's remark.\n")
    made.install()
    not_proven("the unit of deploy/systemd", "no systemd runs here, so that its unit was checked, but not started")
    return made


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine whose service believes a proxy on it."""
    with machine(tmp_path, {"PANORAMA_SERVER__PROXIES": "127.0.0.1"}) as made:
        yield made


@pytest.fixture
def service(computer: Machine) -> Process:
    """Start the service."""
    return computer.start()


@pytest.fixture
def proxy(installed: Installed, service: Process, tmp_path: Path) -> Iterator[Proxied]:
    """Yield an nginx before it."""
    with proxied(installed, service.port, tmp_path) as made:
        yield made


def test_installing_again_leaves_the_configuration_as_it_is(installed: Installed) -> None:
    """So that an upgrade is the same command."""
    assert installed.configuration.read_text().endswith("# An operator's remark.\n")


def test_the_configuration_is_right(installed: Installed) -> None:
    """By the word of what is installed, with nothing changed but what the first line of each section asks for."""
    checked = subprocess.run(
        [installed.program, "config", "check", "--config", installed.configuration, "--text"],
        env={name: value for name, value in os.environ.items() if not name.startswith("PANORAMA_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_the_unit_is_well_formed(installed: Installed, tmp_path: Path) -> None:
    """Nothing in it is unknown to systemd, and what it starts is there."""
    unit = tmp_path / "panorama.service"
    unit.write_text(installed.unit.read_text().replace("/opt/panorama", str(installed.root / "opt/panorama")))
    found = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


def test_the_unit_lets_the_service_do_little(installed: Installed) -> None:
    """As systemd itself rates it."""
    command = ["systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={round(EXPOSURE * 10)}"]
    found = subprocess.run([*command, installed.unit], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-200:]


def test_the_service_needs_no_call_that_the_unit_forbids(installed: Installed, tmp_path: Path) -> None:
    """Seen while it serves the demo: an install, edits, events, an import, maintenance."""
    trace = tmp_path / "calls"
    subprocess.run(
        ["strace", "--follow-forks", "--quiet=all", f"--output={trace}", installed.program, "demo"],
        env={**os.environ, "PANORAMA_DATA": str(tmp_path / "data")},
        check=True,
        capture_output=True,
    )
    made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.MULTILINE))
    assert {"openat", "fdatasync", "sendto"} <= made
    assert made - allowed(installed) - AS_ROOT == set()


def allowed(installed: Installed) -> set[str]:
    """Return the calls that the unit's filters leave."""
    calls: set[str] = set()
    for removing, groups in re.findall(r"^SystemCallFilter=(~?)(.*)$", installed.unit.read_text(), re.MULTILINE):
        named = {call for group in groups.split() for call in members(group)}
        calls = calls - named if removing else calls | named
    assert calls
    return calls


def members(group: str) -> set[str]:
    """Return the calls of a group of systemd's, and of the groups in it."""
    if not group.startswith("@"):
        return {group}
    shown = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True)
    lines = [line.strip() for line in shown.stdout.splitlines()[1:]]
    return {call for line in lines if line and not line.startswith("#") for call in members(line)}


def secure(proxy: Proxied, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> httpx.Client:
    """Return a client that knows the certificate."""
    context = ssl.create_default_context(cafile=proxy.authority)
    context.minimum_version = context.maximum_version = version
    return httpx.Client(base_url=f"https://127.0.0.1:{proxy.tls}", verify=context)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_it_answers_over_tls(proxy: Proxied, version: ssl.TLSVersion) -> None:
    """And browsers are told to ask in no other way."""
    with secure(proxy, version) as client:
        answer = client.get("/healthz")
    assert answer.is_success
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def test_whoever_asks_in_clear_is_sent_to_the_right_address(proxy: Proxied) -> None:
    """By name, so that the certificate holds."""
    answer = httpx.get(f"http://127.0.0.1:{proxy.plain}/api/me?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (308, "https://127.0.0.1/api/me?a=b")


@pytest.mark.parametrize("version", ["tls1", "tls1_1"])
def test_old_tls_is_refused(proxy: Proxied, version: str) -> None:
    """By the server, of a client that would speak it."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.tls}", f"-{version}", "-cipher", "ALL:@SECLEVEL=0"]
    answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert "alert protocol version" in answer.stderr


def test_whoever_has_a_token_is_served_and_metrics_stay_inside(
    proxy: Proxied, computer: Machine, service: Process
) -> None:
    """Events come through as they happen."""
    site = computer.install(service)
    with secure(proxy) as client:
        client.headers["Authorization"] = computer.jira.context_token(site, "ann")
        made = client.post("/api/panoramas", json={"name": "Roadmap"})
        assert made.status_code == 201
        with client.stream("GET", f"/api/panoramas/{made.json()['id']}/events") as stream:
            assert next(stream.iter_lines())
        assert client.get("/metrics").status_code == 404
    assert httpx.get(f"{service.url}/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).is_success


def test_a_token_as_large_as_forge_makes_it_comes_through(proxy: Proxied, computer: Machine, service: Process) -> None:
    """By default a header of more than 8 KiB is refused before the service sees it."""
    site = computer.jira.new_forge_site()
    with secure(proxy) as client:
        headers = computer.jira.forge.page_headers(site, "ann", context_size=LARGE_CONTEXT)
        answer = client.get("/api/panoramas", headers=headers)
    assert answer.status_code == 200


def test_no_token_is_written_down(installed: Installed, tmp_path: Path) -> None:
    """Not even where the service is down, of which nginx would tell with the whole request."""
    with proxied(installed, free_port(), tmp_path) as proxy, secure(proxy) as client:
        assert client.get("/healthz", params={"jwt": SECRET}).status_code == 502
        assert SECRET not in proxy.written()
