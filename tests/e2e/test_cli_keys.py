"""An operator sees how the keys stand, and has them replaced and wrapped anew; nothing shows a key."""

import asyncio
import io
import json
import os
import pwd
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from dependency_injector import providers
from typer.testing import CliRunner, Result

from adapters.local.keys import open_keyring
from application.tenants.lifecycle import install_app
from domain.ids import TenantId
from domain.tenants import Installation
from entrypoints.cli.app import app
from entrypoints.cli.exits import Exit
from entrypoints.cli.keys import alias_of
from entrypoints.cli.keys_rotation import Wish, rewrapped, rotated
from entrypoints.cli.output import Output
from entrypoints.cli.terminal import Terminal
from entrypoints.configuration import EMBEDDED_SITE
from entrypoints.configuration_file import read
from entrypoints.container import Sources, opened
from ports.errors import Unavailable
from tests.e2e.service import Service
from tests.fakes.sources import FakeTime

SITE = "jira:one"
REASON = "a laptop [bold]was stolen[/bold]"
DAYS = 24


class Course(FakeTime):
    """Time that passes only when a command waits or the test says so."""

    async def sleep(self, seconds: float) -> None:
        """Let that much time pass, where anybody waits for more than a moment."""
        if seconds >= 1:
            self.go_on(seconds=seconds)
        await asyncio.sleep(0)


@pytest.fixture
def course() -> Iterator[Course]:
    """Yield the time in which all commands of a test run."""
    made = Course(datetime(2026, 1, 1, tzinfo=UTC))
    with ExitStack() as stack:
        for source in ("clock", "monotonic", "sleep"):
            provider = getattr(Sources, source)
            stack.enter_context(provider.override(providers.Object(getattr(made, source))))
        yield made


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep everything in a folder of the test's, as the embedded default does, but for the fence.

    Time leaps here, faster than anybody can ask who may write.
    """
    monkeypatch.chdir(tmp_path)
    lines = [
        f"{key} = {msgspec.json.encode(value).decode()}"
        for key, value in msgspec.to_builtins(EMBEDDED_SITE).items()
        if value
    ]
    Path("panorama.toml").write_text("\n".join(["[sites.local]", *lines]))
    return tmp_path / "data"


def install(data: Path) -> None:
    """Have a site install the app."""

    async def installed() -> None:
        async with opened(read(None, {})) as services:
            installation = Installation(alias=SITE, issued=datetime(2026, 1, 1, tzinfo=UTC), secret="hunter2" * 8)
            await install_app(installation, services.tenants, services.clock)

    asyncio.run(installed())


def run(*arguments: str) -> Result:
    """Run a command as a program whose output is no terminal."""
    return CliRunner().invoke(app, ["keys", *arguments])


def answer(*arguments: str, code: Exit = Exit.DONE) -> Any:
    """Run a command and return the JSON that it prints."""
    result = run(*arguments)
    assert result.exit_code == code, result.stderr
    return json.loads(result.stdout)


def states(status: Any, alias: str = SITE) -> list[str]:
    """What each generation of a tenant is."""
    (tenant,) = [tenant for tenant in status["tenants"] if tenant["alias"] == alias]
    return [generation["state"] for generation in tenant["generations"]]


def test_nothing_is_due_for_young_keys(course: Course, data: Path) -> None:
    """Each tenant's key, the service's own too, with its wraps; all of it green, as a table and as JSON."""
    install(data)
    found = answer("status")
    assert (found["colour"], found["requests"]) == ("green", [])
    assert [tenant["alias"] for tenant in found["tenants"]] == [SITE, "system"]
    (generation,) = found["tenants"][0]["generations"]
    assert (generation["number"], generation["state"], generation["days"]) == (1, "active", 0)
    assert list(generation["wraps"].values()) == ["present"]
    shown = run("status", "--text")
    assert shown.exit_code == Exit.DONE
    assert "1, 0 days" in shown.stdout
    assert "All in all green: 2 tenants." in shown.stdout


def test_a_key_that_is_too_old_is_red(course: Course, data: Path) -> None:
    """The exit code says so too; the text says which, and why."""
    install(data)
    course.go_on(hours=75 * DAYS)
    assert {tenant["colour"] for tenant in answer("status", code=Exit.REFUSED)["tenants"]} == {"red"}
    shown = run("status", "--text")
    assert shown.exit_code == Exit.REFUSED
    assert "late-key (1)" in shown.stdout


def test_a_rotation_that_somebody_asks_for_is_done_by_maintenance(course: Course, data: Path) -> None:
    """It is kept who asked and why, and the next turn of maintenance makes the new key."""
    install(data)
    asked = ("rotate", "--tenant", SITE, "--reason", REASON)
    assert len(answer(*asked, "--dry-run")["would_replace"]) == 1
    assert "1 data keys would be replaced." in run(*asked, "--dry-run", "--text").stdout
    assert answer("status")["requests"] == []
    assert answer(*asked) == {"requested": 1}
    found = answer("status")
    (request,) = found["requests"]
    login = pwd.getpwuid(os.getuid()).pw_name
    assert (request["reason"], request["suspected"], request["tenants"]) == (REASON, False, 1)
    assert request["by"].startswith(f"{login} at ")
    assert request["carried_out"] is None
    assert (states(found), states(found, "system")) == (["active"], ["active"])
    result = CliRunner().invoke(app, ["maintain", "--job", "rotate-data-keys"])
    assert result.exit_code == Exit.DONE, result.output
    found = answer("status")
    assert found["requests"][0]["carried_out"] is not None
    assert (states(found), states(found, "system")) == (["decrypt-only", "active"], ["active"])
    assert REASON in " ".join(run("status", "--text").stdout.split())


def test_in_an_emergency_the_old_keys_are_out_of_use_at_once(course: Course, data: Path) -> None:
    """Everybody's, in ten minutes; the service goes on, and their wraps go when their rest is over."""
    install(data)
    began = course.monotonic()
    came = answer("rotate", "--all", "--now", "--reason", REASON)
    assert (came["still_in_use"], came["done"]["data keys withdrawn"]) == ([], 2)
    assert course.monotonic() - began >= 600
    found = answer("status")
    assert (states(found), states(found, "system")) == (["withdrawn", "active"], ["withdrawn", "active"])
    again = run("rotate", "--tenant", "system", "--now", "--reason", REASON, "--text")
    assert again.exit_code == Exit.DONE
    assert "The service opens nothing with the old keys any more" in again.stdout


def test_what_is_interrupted_is_gone_on_with(course: Course, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends it in order, with a code of its own; the same command goes on, and begins nothing new."""
    install(data)
    command = ("rotate", "--all", "--now", "--reason", REASON, "--text")
    sleep = course.sleep

    async def interrupted(seconds: float) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await sleep(seconds)

    with Sources.sleep.override(providers.Object(interrupted)):
        assert run(*command).exit_code == Exit.INTERRUPTED
    assert states(answer("status")) == ["decrypt-only", "active"]
    gone_on = run(*command)
    assert gone_on.exit_code == Exit.DONE, gone_on.output
    assert "Going on with 2 data keys that are being replaced" in gone_on.stderr
    found = answer("status")
    assert states(found) == ["withdrawn", "active"]
    assert len(found["requests"]) == 1


def test_every_wrap_is_made_anew(course: Course, data: Path) -> None:
    """Under the newest version of the key manager's key, without any new data key."""
    install(data)

    async def rotated() -> None:
        manager = await open_keyring(data / "keyring", clock=course.clock, random=os.urandom)
        await manager.rotate()
        await manager.close()

    course.go_on(hours=1)
    asyncio.run(rotated())
    assert answer("rewrap", "--dry-run") == {"would_make": 2}
    assert "2 wraps would be made anew." in run("rewrap", "--dry-run", "--text").stdout
    assert "outdated" in run("status", "--text").stdout
    assert answer("rewrap") == {"made": 2, "not_made": 0, "tenants_failed": 0}
    assert "2 wraps made anew, 0 not" in run("rewrap", "--text").stdout
    assert "outdated" not in run("status", "--text").stdout
    assert states(answer("status")) == ["active"]


@pytest.mark.parametrize(
    "options", [(), ("--all", "--tenant", SITE), ("--all",)], ids=["nobody", "all and one", "no reason"]
)
def test_it_must_be_said_whose_keys_and_why(options: tuple[str, ...]) -> None:
    """Neither nobody's nor everybody's by mistake, and nothing without a reason."""
    reason = () if options == ("--all",) else ("--reason", REASON)
    assert run("rotate", *options, *reason).exit_code == Exit.USAGE


def test_an_alias_that_leads_nowhere_is_refused(data: Path) -> None:
    """Nothing is kept of the request."""
    result = run("rotate", "--tenant", "jira:nobody", "--reason", REASON, "--json")
    assert result.exit_code == Exit.REFUSED
    assert "there is no tenant jira:nobody" in result.stderr


class Page:
    """An output for people, and what stands on it."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.output = Output(json=False, console=Terminal(file=self._stream, width=200))

    @property
    def text(self) -> str:
        """Return what stands there, in one line."""
        return " ".join(self._stream.getvalue().split())


async def test_what_no_key_manager_wraps_is_told(service: Service) -> None:
    """Exit code 4, and whose keys are still in use, and why; nothing is waited for."""
    page = Page()
    await service.install()
    tenants = [tenant async for tenant in service.house.vault.generations.holders()]
    service.house.key_manager.failure = Unavailable("out")
    wish = Wish(REASON, tenants, now=True, keep=True)
    assert await rotated(wish, service.services, page.output) is Exit.UNAVAILABLE
    assert page.text.count("a key manager does not wrap") == 2
    assert "Maintenance goes on with these" in page.text
    assert await rewrapped(service.services, page.output, keep=True) is Exit.UNAVAILABLE
    assert "0 wraps made anew, 0 not; the keys of 2 tenants do not open now." in page.text


async def test_a_tenant_whose_alias_cannot_be_told_is_shown_by_its_id(service: Service) -> None:
    """A status is wanted most when something is out."""
    await service.install()
    (tenant, _) = [tenant async for tenant in service.house.vault.generations.holders()]
    assert (await alias_of(tenant, service.services)).startswith("jira:")
    assert await alias_of(TenantId("f" * 24), service.services) == ""
    service.house.time.go_on(hours=1)
    service.house.key_manager.failure = Unavailable("out")
    assert await alias_of(tenant, service.services) == ""
