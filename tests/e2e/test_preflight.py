"""A preflight tells a site that may serve from one that may not, and leaves nothing behind."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from dependency_injector import providers
from typer.testing import CliRunner, Result

from domain.ids import SYSTEM
from domain.keys import DATA_KEY, Generation, State, wrap_context
from entrypoints.cli.app import app
from entrypoints.cli.exits import Exit
from entrypoints.configuration_file import Settings, embedded
from entrypoints.container import Adapters, Sources, opened_site
from entrypoints.preflight.findings import Finding
from entrypoints.preflight.running import Report, preflight
from ports.blobs import BlobInfo
from ports.errors import PermissionDenied, Unavailable
from ports.secrets import Secret
from ports.sources import Clock
from ports.storage import Record, Ref
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.keys import FakeKeyManager
from tests.fakes.secrets import MemorySecretStore
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage

TIME = FakeTime()


def settings_in(folder: Path, **changes: str) -> Settings:
    """Return the embedded default in a folder, with other values for some keys of its site."""
    environ = {f"PANORAMA_SITES__LOCAL__{key.upper()}": value for key, value in changes.items()}
    return embedded({"PANORAMA_DATA": str(folder), **environ})


def failed(report: Report) -> dict[tuple[str, str], Finding]:
    """Return what was not as expected, by part and capability."""
    assert report.go is all(finding.go for finding in report.findings)
    return {(each.part, each.capability): each for each in report.findings if not each.go}


async def test_the_embedded_site_is_a_go(tmp_path: Path) -> None:
    """Every part is tried, one of which has been used before."""
    async with opened_site(settings_in(tmp_path)) as outside:
        await outside.vault.create(SYSTEM)
    report = await preflight(settings_in(tmp_path))
    assert failed(report) == {}
    assert {each.part for each in report.findings} == {
        "storage", "vault", "keys 1", "blobs 1", "secrets", "control 1", "each key manager",
    }  # fmt: skip
    assert all(each.seconds >= 0 for each in report.findings)


@contextmanager
def in_place(**kinds: Callable[[], Any]) -> Iterator[None]:
    """Have something else opened for some kinds of things, and time pass at once."""

    def opener(make: Callable[[], Any]) -> providers.Factory[Any]:
        async def opened() -> Any:
            return make()

        return providers.Factory(opened)

    with ExitStack() as stack:
        for kind, make in kinds.items():
            stack.enter_context(getattr(Adapters, kind).override(opener(make)))
        stack.enter_context(Sources.clock.override(providers.Object(TIME.clock)))
        stack.enter_context(Sources.sleep.override(providers.Object(TIME.sleep)))
        yield


async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """Neither records nor blobs, not even one that was locked; of the secret on trial, the newest version."""
    storage, blobs, secrets = MemoryStorage(), MemoryBlobStore(TIME.clock), MemorySecretStore(TIME.clock)
    for _ in range(2):
        with in_place(storage=lambda: storage, blobs=lambda: blobs, secrets=lambda: secrets):
            assert failed(await preflight(settings_in(tmp_path))) == {}
        assert storage.records == {}
        assert blobs.bucket.blobs == {}
        (kept,) = secrets.safe.secrets.values()
        assert [each.value is None for each in kept] == [True] * (len(kept) - 1) + [False]


class Careless(MemoryStorage):
    """Lets the last writer win."""

    async def put(self, record: Record) -> None:
        self.records[record.ref] = record


class LateBlobs(MemoryBlobStore):
    """Goes by a clock of its own, and locks nothing."""

    def _store(self, name: bytes, content: bytes) -> BlobInfo:
        info = super()._store(name, content)
        moved = BlobInfo(info.name, info.size, info.tag, info.written + timedelta(minutes=3))
        self.bucket.blobs[name] = (moved, content)
        return moved

    def _check_retention(self, info: BlobInfo) -> None:
        """Let it pass."""


class Truncating(MemoryBlobStore):
    """Loses the end of what is read."""

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async for chunk in super().read(name, start=start, length=length):
            yield chunk[:-1]


class Lax(FakeKeyManager):
    """Hides nothing, binds no context, and never looks whether a wrap is whole."""

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        return plain + await super().wrap(plain, context)

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        return wrap[:32]


class Forgetful(MemorySecretStore):
    """Always gives the newest version."""

    async def get(self, name: str, version: str | None = None) -> Secret:
        return await super().get(name)


LACKS: dict[str, tuple[str, Callable[[], Any], str, dict[str, str]]] = {
    "a storage that lets the last writer win": (
        "storage",
        Careless,
        "storage",
        {
            "lets a revision be taken once": "ok",
            "of 8 writers at once lets one win": "8 of 8",
        },
    ),
    "a store by another clock that locks nothing": (
        "blobs",
        lambda: LateBlobs(TIME.clock),
        "blobs 1",
        {"goes by the same clock": "180 s apart", "locks an object against deletion": "deleted all the same"},
    ),
    "a store that loses bytes": (
        "blobs",
        lambda: Truncating(TIME.clock),
        "blobs 1",
        {
            "reads all of it and a part": "other bytes came back",
            "replaces exactly what it is told to": "other bytes came back",
        },
    ),
    "a key manager that opens anything": (
        "keys",
        Lax,
        "keys 1",
        {"refuses a wrap under another context": "opened", "refuses a damaged wrap": "opened"},
    ),
    "secrets without versions": (
        "secrets",
        lambda: Forgetful(TIME.clock),
        "secrets",
        {
            "gives the newest and the one before": "another version came back",
            "gives no destroyed version": "still given",
        },
    ),
}


@pytest.mark.parametrize("lacking", LACKS)
async def test_a_part_that_does_not_do_its_work_is_a_no_go(tmp_path: Path, lacking: str) -> None:
    """Each capability that it lacks is told, with what was found instead; the other parts are tried all the same."""
    kind, make, part, expected = LACKS[lacking]
    with in_place(**{"blobs": lambda: MemoryBlobStore(TIME.clock), kind: make}):
        report = await preflight(settings_in(tmp_path))
    found = {capability: each.found for (where, capability), each in failed(report).items() if where == part}
    assert found.items() >= expected.items()
    assert report.findings[-1].part == "each key manager"


@pytest.mark.parametrize(
    ("error", "found", "missing"),
    [
        (PermissionDenied("refused"), ("permission-denied", "refused"), "read and write in its folder"),
        (Unavailable("out"), ("unavailable", "out"), ""),
        (ZeroDivisionError(), ("fault", "ZeroDivisionError at test_preflight.py:"), ""),
    ],
)
async def test_what_goes_wrong_is_told_with_the_permission_that_is_missing(
    tmp_path: Path, error: Exception, found: tuple[str, str], missing: str
) -> None:
    """In the provider's own words; even a fault of an adapter ends nothing else."""

    class Refusing(MemoryBlobStore):
        def __init__(self, clock: Clock) -> None:
            super().__init__(clock)
            self.capabilities = self.can

        async def check(self) -> None:
            raise error

    with in_place(blobs=lambda: Refusing(TIME.clock)):
        report = await preflight(settings_in(tmp_path))
    assert failed(report).keys() == {("blobs 1", "answers"), ("control 1", "answers")}
    for finding in failed(report).values():
        assert (finding.expected, finding.found, finding.note[: len(found[1])]) == ("ok", *found)
        assert finding.missing == missing


async def test_a_part_that_does_not_open_is_told_once(tmp_path: Path) -> None:
    """Nothing else can be tried on it, nor whether the key managers agree."""
    (tmp_path / "keyring").touch(mode=0o644)
    report = await preflight(settings_in(tmp_path, secrets="file:secrets"))
    assert [(part, capability, each.found) for (part, capability), each in failed(report).items()] == [
        ("keys 1", "opens", "permission-denied")
    ]
    assert "nobody else" in failed(report)["keys 1", "opens"].missing
    assert "each key manager" not in {each.part for each in report.findings}


async def test_every_key_manager_must_open_what_the_vault_holds(tmp_path: Path) -> None:
    """One that was added after a data key was made has no wrap of it yet."""
    async with opened_site(settings_in(tmp_path)) as outside:
        await outside.vault.create(SYSTEM)
    report = await preflight(settings_in(tmp_path, keys="file:keyring,file:second"))
    assert [(part, each.found) for (part, _), each in failed(report).items()] == [
        ("each key manager", "keys 2 opens 0 of 1")
    ]


async def test_key_managers_that_open_to_different_keys_are_told(tmp_path: Path) -> None:
    """Data sealed under the one could not be read with the other."""
    settings = settings_in(tmp_path, keys="file:keyring,file:second")
    async with opened_site(settings) as outside:
        await outside.vault.create(SYSTEM)
    lax = iter([Lax("one"), Lax("two")])
    storage = MemoryStorage()
    context = wrap_context(SYSTEM, 1, DATA_KEY)
    wraps = {name: await Lax(name).wrap(bytes([number]) * 32, context) for number, name in enumerate(("one", "two"))}
    generation = Generation(1, State.ACTIVE, TIME.now, wraps)
    await storage.put(Record(Ref(SYSTEM, DATA_KEY, "000001"), 1, msgspec.msgpack.encode(generation), TIME.now))
    with in_place(storage=lambda: storage, keys=lambda: next(lax), blobs=lambda: MemoryBlobStore(TIME.clock)):
        report = await preflight(settings)
    (finding,) = [each for each in failed(report).values() if each.part == "each key manager"]
    assert finding.found == "1 of 1 are different keys to different key managers"


def run(folder: Path, *arguments: str) -> Result:
    """Run the command on a file with a site that works and one whose storage cannot be opened."""
    text = (
        '[sites.{0}]\nstorage = "sqlite:{0}/storage.db"\nvault = "sqlite:{0}-vault.db"\nkeys = ["file:{0}-keyring"]\n'
    )
    (folder / "panorama.toml").write_text(
        'data = "."\nactive = "good"\n' + text.format("good") + text.format("bad"), encoding="utf-8"
    )
    (folder / "good").mkdir()
    return CliRunner().invoke(app, ["preflight", "--config", str(folder / "panorama.toml"), *arguments])


def test_the_active_site_is_tried_and_a_go_is_exit_code_0(tmp_path: Path) -> None:
    """As a table for people."""
    result = run(tmp_path, "--text")
    assert result.exit_code == Exit.DONE
    assert "Site good: go." in result.stdout
    assert "1 of 8" in result.stdout


def test_another_site_may_be_named_and_a_no_go_is_exit_code_1(tmp_path: Path) -> None:
    """As one document for machines."""
    result = run(tmp_path, "--site", "bad", "--json")
    assert result.exit_code == Exit.REFUSED
    report = json.loads(result.stdout)
    assert (report["site"], report["go"]) == ("bad", False)
    (wrong,) = [each for each in report["findings"] if not each["go"]]
    assert (wrong["part"], wrong["capability"], wrong["found"]) == ("storage", "opens", "not-found")


def test_a_no_go_names_how_many_are_not_as_expected(tmp_path: Path) -> None:
    """In words for people."""
    result = run(tmp_path, "--site", "bad", "--text")
    assert result.exit_code == Exit.REFUSED
    assert "Site bad: no-go: 1 of " in result.stdout


def test_a_site_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """As a wrong configuration."""
    result = run(tmp_path, "--site", "god", "--json")
    assert result.exit_code == Exit.CONFIGURATION
    assert "did you mean good?" in result.stderr
