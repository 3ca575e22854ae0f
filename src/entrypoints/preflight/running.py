"""Runs every probe against the parts of one site."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from typing import Any, Final

import msgspec

from entrypoints.configuration_addresses import Address
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, followed, opened_part
from entrypoints.preflight.blob_probes import BlobProbes
from entrypoints.preflight.endpoints import EndpointProbes
from entrypoints.preflight.findings import Finding, Probe, tried
from entrypoints.preflight.key_probes import KeyProbes, VaultProbes
from entrypoints.preflight.permissions import PERMISSIONS
from entrypoints.preflight.secret_probes import SecretProbes
from entrypoints.preflight.storage_probes import StorageProbes
from entrypoints.private_files import make_private_folder
from entrypoints.schemes import kind_of, scheme_of
from ports.errors import PortError

_SCRATCH_SIZE: Final = 12
_PROVIDERS: Final = {"storage": "storage", "vault": "storage", "keys": "keys", "blobs": "blobs", "secrets": "secrets"}
"""Which of the container's providers opens what stands under a key: a vault is a storage of its own."""


class Report(msgspec.Struct, frozen=True):
    """What a preflight has found."""

    site: str
    go: bool
    """Whether everything is as it should be."""

    findings: list[Finding]


async def preflight(settings: Settings) -> Report:
    """Try everything on the active site, in places of its own, which are empty again afterwards.

    The addresses have passed `check_sites`. Raises ConfigurationError and PortError where a reference to the site's
    secrets cannot be followed; whatever else goes wrong is a finding.
    """
    make_private_folder(settings.data)
    settings = await followed(settings)
    async with AsyncExitStack() as stack:
        findings = [finding async for finding in Preflight(settings, Sources(), stack).findings()]
    return Report(settings.configuration.active, all(finding.go for finding in findings), findings)


class Preflight:
    """One run."""

    def __init__(self, settings: Settings, sources: Sources, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._stack = stack
        self._clock = sources.clock()
        self._monotonic = sources.monotonic()
        self._random = sources.random()
        self._sleep = sources.sleep()
        self._scratch = f"preflight-{self._random(_SCRATCH_SIZE).hex()}"
        self._opened: dict[str, Any] = {}

    async def findings(self) -> AsyncIterator[Finding]:
        """Yield what is found, part by part."""
        parts = named(self._settings.addresses)
        for part, address in parts.items():
            async for finding in self._findings_of(part, address):
                yield finding
        for probe in self._vault_probes(parts):
            yield await tried("every key manager", probe, self._monotonic)

    async def _findings_of(self, part: str, address: Address) -> AsyncIterator[Finding]:
        kind, scheme = kind_of(address), scheme_of(address)
        for endpoint in () if scheme is None else scheme.endpoints(address):
            for probe in EndpointProbes(endpoint, self._clock).probes():
                yield await tried(f"{part} {endpoint.host}", probe, self._monotonic)

        async def open_it() -> None:
            deadline = self._settings.configuration.site.deadline
            self._opened[part] = await opened_part(_PROVIDERS[kind], address, deadline, self._stack)

        permissions = PERMISSIONS.get(address.scheme, {})
        permission = permissions.get("describe" if kind == "keys" else "read", "")
        opened = await tried(part, Probe("opens", open_it, permission=permission), self._monotonic)
        yield opened
        if opened.go:
            probes, clean = self._probes(kind, self._opened[part], permissions)
            try:
                for probe in probes:
                    yield await tried(part, probe, self._monotonic)
            finally:
                with suppress(PortError):  # The last probes have tried it too, and have told what was in the way.
                    await clean()

    def _probes(self, kind: str, opened: Any, permissions: Mapping[str, str]) -> tuple[list[Probe], Callable[[], Any]]:
        if kind == "keys":
            return KeyProbes(opened, self._random, permissions).probes(), _nothing
        if kind == "blobs":
            blobs = BlobProbes(opened, self._scratch, self._clock, self._sleep, permissions)
            return blobs.probes(), blobs.cleaned
        if kind == "secrets":
            secrets = SecretProbes(opened, permissions)
            return secrets.probes(), secrets.cleaned
        storage = StorageProbes(opened, self._scratch, self._clock, permissions)
        return storage.probes(), storage.erased

    def _vault_probes(self, parts: Mapping[str, Address]) -> list[Probe]:
        """Return none where a key manager or the vault does not open, which has been told."""
        keys = [part for part, address in parts.items() if kind_of(address) == "keys"]
        if not {"vault", *keys} <= self._opened.keys():
            return []
        permissions = {PERMISSIONS.get(parts[part].scheme, {}).get("unwrap", "") for part in keys}
        managers = [self._opened[part] for part in keys]
        return VaultProbes(self._opened["vault"], managers, " or ".join(sorted(permissions))).probes()


def named(addresses: tuple[Address, ...]) -> dict[str, Address]:
    """Give each part a name: the key that it stands under, with a number where there may be several."""
    names: dict[str, Address] = {}
    for address in addresses:
        kind = kind_of(address)
        number = sum(kind_of(other) == kind for other in names.values()) + 1
        names[f"{kind} {number}" if kind in {"keys", "blobs"} else kind] = address
    return names


async def _nothing() -> None:
    """A key manager keeps nothing of what it has wrapped."""
