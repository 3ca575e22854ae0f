"""Runs every probe against the parts of one site."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any, Final

import msgspec

from application.credentials.accounts import Account
from entrypoints.configuration_addresses import Address
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, followed, opened_part
from entrypoints.following import Followers
from entrypoints.preflight.blob_probes import BlobProbes
from entrypoints.preflight.credential_probes import credential_probes
from entrypoints.preflight.endpoints import EndpointProbes
from entrypoints.preflight.findings import NO_ANSWER, Finding, Probe, Probes, tried
from entrypoints.preflight.key_probes import KeyProbes, VaultProbes
from entrypoints.preflight.permissions import PERMISSIONS
from entrypoints.preflight.secret_probes import SecretProbes
from entrypoints.preflight.storage_probes import StorageProbes
from entrypoints.private_files import make_private_folder
from entrypoints.schemes import kind_of, named, scheme_of
from ports.errors import DeadlineExceeded, NotFound, PortError, Unavailable

_SCRATCH_SIZE: Final = 12

_NOBODY: Final = frozenset({Unavailable.code, DeadlineExceeded.code, NotFound.code, NO_ANSWER})
"""What is found where a part is out, or is not there at all."""


class Report(msgspec.Struct, frozen=True):
    """What a preflight has found."""

    site: str
    go: bool
    """Whether everything is as it should be."""

    findings: list[Finding]


async def preflight(settings: Settings, doing: Callable[[str], object] = str) -> Report:
    """Try everything on the active site, in places of its own, which are empty again afterwards.

    The addresses have passed `check_sites`; `doing` is told what is about to be tried. Raises ConfigurationError and
    PortError where a reference to the site's secrets cannot be followed; whatever else goes wrong is a finding.
    """
    make_private_folder(settings.data)
    written, settings = settings, await followed(settings)
    async with AsyncExitStack() as stack:
        sources = Sources()
        followers = Followers(written, sources.monotonic(), sources.random(), sources.sleep())
        run = Preflight(settings, followers, sources, stack, doing)
        findings = [finding async for finding in run.findings()]
    return Report(settings.configuration.active, all(finding.go for finding in findings), findings)


class Preflight:
    """One run."""

    def __init__(
        self,
        settings: Settings,
        followers: Followers,
        sources: Sources,
        stack: AsyncExitStack,
        doing: Callable[[str], object],
    ) -> None:
        self._settings = settings
        self._followers = followers
        self._stack = stack
        self._doing = doing
        self._clock = sources.clock()
        self._monotonic = sources.monotonic()
        self._random = sources.random()
        self._sleep = sources.sleep()
        self._scratch = f"preflight-{self._random(_SCRATCH_SIZE).hex()}"
        self._opened: dict[str, Any] = {}
        self._silent: set[str] = set()

    async def findings(self) -> AsyncIterator[Finding]:
        """Yield what is found, part by part."""
        parts = named(self._settings.addresses)
        for part, address in parts.items():
            async for finding in self._findings_of(part, address):
                yield finding
        for probe in self._vault_probes(parts):
            yield await self._tried("each key manager", probe)
        for account in self._accounts():
            for probe in credential_probes(account):
                yield await self._tried(account.part, probe)

    async def _findings_of(self, part: str, address: Address) -> AsyncIterator[Finding]:
        kind, scheme = kind_of(address), scheme_of(address)
        for endpoint in () if scheme is None else scheme.endpoints(address):
            for probe in EndpointProbes(endpoint, self._clock).probes():
                yield await self._tried(f"{part} at {endpoint.host}", probe)

        async def open_it() -> None:
            deadline = self._settings.configuration.site.deadline
            self._opened[part] = await opened_part(kind, address, deadline, self._stack)

        permissions = PERMISSIONS.get(address.scheme, {})
        permission = permissions.get("describe" if kind == "keys" else "read", "")
        opened = await self._tried(part, Probe("opens", open_it, permission=permission))
        yield opened
        if opened.go:
            probes = self._probes(kind, self._opened[part], permissions)
            async for finding in self._findings_by(part, probes):
                yield finding

    async def _findings_by(self, part: str, probes: Probes) -> AsyncIterator[Finding]:
        """Where the first probe finds nobody there, so would all others, each after its deadline."""
        first = await self._tried(part, probes.first())
        yield first
        if first.found in _NOBODY:
            self._silent.add(part)
            return
        try:
            for probe in probes.probes():
                yield await self._tried(part, probe)
        finally:
            with suppress(PortError):  # The last probes have tried it too, and have told what was in the way.
                await probes.cleaned()

    async def _tried(self, part: str, probe: Probe) -> Finding:
        self._doing(f"{part} {probe.capability}")
        return await tried(part, probe, self._monotonic)

    def _probes(self, kind: str, opened: Any, permissions: Mapping[str, str]) -> Probes:
        if kind == "keys":
            return KeyProbes(opened, self._random, permissions)
        if kind in {"blobs", "stores"}:
            return BlobProbes(opened, self._scratch, self._clock, self._sleep, permissions)
        if kind == "secrets":
            return SecretProbes(opened, permissions)
        return StorageProbes(opened, self._scratch, self._clock, permissions)

    def _accounts(self) -> Sequence[Account]:
        """Return how somebody logs in at storage and vault; where the secrets do not open, nobody knows more."""
        self._followers.secrets = self._opened.get("secrets")
        deadline = self._settings.configuration.site.deadline
        for address in (self._settings.storage, self._settings.vault):
            self._followers.account(address, lambda each: opened_part(kind_of(each), each, deadline, self._stack))
        return self._followers.accounts

    def _vault_probes(self, parts: Mapping[str, Address]) -> list[Probe]:
        """Return none where a key manager or the vault does not open or answer, which has been told."""
        keys = [part for part, address in parts.items() if kind_of(address) == "keys"]
        if not {"vault", *keys} <= self._opened.keys() - self._silent:
            return []
        permissions = {PERMISSIONS.get(parts[part].scheme, {}).get("unwrap", "") for part in keys}
        managers = {part: self._opened[part] for part in keys}
        return VaultProbes(self._opened["vault"], managers, " or ".join(sorted(permissions))).probes()
