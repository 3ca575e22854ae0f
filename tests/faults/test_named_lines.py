"""The line to each server of a cloud is harmed while a site is checked, tried, and asks for its secrets."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from entrypoints.checking import check_parts
from entrypoints.configuration_file import Settings
from entrypoints.container import followed, opened_secrets
from entrypoints.preflight.running import preflight
from ports.errors import NotFound, Unavailable
from ports.secrets import SecretStore
from tests.faults.lines import answered, at_each_step, harmed, recovered
from tests.faults.settings_lines import NamedLines, hasten, named_lines
from tests.rounds import soak
from tests.servers.aws import Server as AwsServer
from tests.servers.proxy import Harm

SECRETS = ("aws-secrets-strict", "gcp-secrets-fake")
SERVERS = ("aws-kms-strict", "gcp-kms-fake", "s3-ministack", "gs-fake", *SECRETS)
AT_ONCE = 4

TURNS = pytest.mark.parametrize("turn", range(len(Harm)) if soak() > 1 else [0])
"""Where it would take long to do every harm at each step, the harms take turns; a soak does each at each."""


@pytest.fixture(scope="module")
def named(ministack_server: AwsServer) -> Iterator[NamedLines]:
    """Start what addresses can name."""
    with named_lines(ministack_server) as each:
        yield each


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch, named: NamedLines) -> None:
    """Let nobody wait for long."""
    hasten(monkeypatch, named)


def harm_of(step: int, turn: int) -> Harm:
    """Have each step come to another harm than the one before."""
    harms: list[Harm] = list(Harm)
    return harms[(step + turn) % len(harms)]


async def well(settings: Settings) -> None:
    """Raise what a part of the site raises that does not answer."""
    for failure in (await check_parts(settings)).values():
        if failure is not None:
            raise failure


async def go(settings: Settings) -> None:
    """Raise unless a preflight finds everything as it should be."""
    report = await preflight(settings)
    if not report.go:
        raise Unavailable(str([finding for finding in report.findings if not finding.go]))


@TURNS
@pytest.mark.parametrize("server", SERVERS)
async def test_a_check_names_the_harmed_part_alone(server: str, turn: int, named: NamedLines, tmp_path: Path) -> None:
    """Or nobody, where asking again has helped; a moment later all is well. Readiness asks in the same way."""

    async def tried(step: int) -> bool:
        with named.proxied(server) as proxy:
            settings = named.settings(server, proxy.port, tmp_path / f"{server}-{step}")
            answers, struck = await harmed(lambda: check_parts(settings), proxy, step, harm_of(step, turn))
            out = {name for name, answer in answered(answers).items() if answer is not None}
            assert out <= {named.servers[server].part}
            if out and not struck:
                raise Unavailable("a part is out to which no harm was done")
            await recovered(lambda: well(settings))
        return struck

    assert await at_each_step(tried, AT_ONCE)


@TURNS
@pytest.mark.parametrize("server", SERVERS)
async def test_a_preflight_comes_to_its_end(server: str, turn: int, named: NamedLines, tmp_path: Path) -> None:
    """It blames nobody but the harmed part, and soon another finds all as it should be."""

    async def tried(step: int) -> bool:
        with named.proxied(server) as proxy:
            settings = named.settings(server, proxy.port, tmp_path / f"{server}-{step}")
            report, struck = await harmed(lambda: preflight(settings), proxy, step, harm_of(step, turn))
            findings = answered(report).findings
            blamed = {finding.part.partition(" at ")[0] for finding in findings if not finding.go}
            assert blamed <= {named.servers[server].part, "each key manager"}
            await recovered(lambda: go(settings))
        return struck

    assert await at_each_step(tried, AT_ONCE)


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
@pytest.mark.parametrize("server", SECRETS)
async def test_no_secret_that_was_taken_is_lost(server: str, harm: Harm, named: NamedLines, tmp_path: Path) -> None:
    """What `panorama secrets` has put stays put, what it has destroyed stays destroyed, and repeating it succeeds."""

    async def tried(step: int) -> bool:
        name, acknowledged = "name", list[str]()

        async def act(store: SecretStore) -> str:
            acknowledged.clear()
            acknowledged.append(await store.put(name, b"first"))
            acknowledged.append(await store.put(name, b"second"))
            assert (await store.get(name)).value == b"second"
            assert (await store.versions(name))[0].version == acknowledged[1]
            await store.destroy(name, acknowledged[0])
            acknowledged.append("destroyed")
            return acknowledged[1]

        with named.proxied(server) as proxy:
            async with AsyncExitStack() as stack:
                settings = [
                    named.settings(server, port, tmp_path / f"{server}-{harm.name}-{step}")
                    for port in (proxy.port, named.servers[server].port)
                ]
                for each in settings:
                    each.data.mkdir(exist_ok=True)
                far, near = [await stack.enter_async_context(opened_secrets(each)) for each in settings]
                assert far is not None
                assert near is not None
                _, struck = await harmed(lambda: act(far), proxy, step, harm)
                for version, value in zip(acknowledged[:2], (b"first", b"second"), strict=False):
                    if value == b"first" and "destroyed" in acknowledged:
                        with pytest.raises(NotFound):
                            await near.get(name, version)
                    elif version is not acknowledged[0] or len(acknowledged) < 2:
                        assert (await near.get(name, version)).value == value
                newest = await recovered(lambda: act(far))
                assert (await near.get(name)).version == newest
        return struck

    assert await at_each_step(tried, AT_ONCE)


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
@pytest.mark.parametrize("server", SECRETS)
async def test_a_reference_is_followed_as_soon_as_it_can_be(
    server: str, harm: Harm, named: NamedLines, tmp_path: Path
) -> None:
    """A site that finds its addresses among its secrets finds the right ones or none, and then the right ones."""
    direct = named.settings(server, named.servers[server].port, tmp_path)
    async with opened_secrets(direct) as store:
        assert store is not None
        await store.put("storage", b"sqlite:elsewhere.db")

    async def tried(step: int) -> bool:
        with named.proxied(server) as proxy:
            settings = named.settings(server, proxy.port, tmp_path, storage="secret:storage")
            found, struck = await harmed(lambda: followed(settings), proxy, step, harm)
            for each in (found, await recovered(lambda: followed(settings))):
                assert each is None or each.storage.place == "elsewhere.db"
        return struck

    assert await at_each_step(tried, AT_ONCE)
