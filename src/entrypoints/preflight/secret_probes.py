"""What a secret store must do, tried on one secret that holds nothing secret."""

from collections.abc import Mapping
from typing import Final

from entrypoints.preflight.findings import NotTried, Probe
from ports.secrets import SecretStore, State

NAME: Final = "panorama-preflight"
"""Stays, with one version: a secret store has no way to forget a name, so each preflight uses the same."""

_VALUES: Final = (b"first", b"second")


class SecretProbes:
    """Probes that lean on those before them, on one secret store."""

    def __init__(self, store: SecretStore, permissions: Mapping[str, str]) -> None:
        self._store = store
        self._permissions = permissions
        self._versions: list[str] = []

    def first(self) -> Probe:
        """Return what is tried before anything else."""
        return Probe("answers", self._store.check, permission=self._permissions.get("check", ""))

    def probes(self) -> list[Probe]:
        """Return the others in their order."""
        read, write = self._permissions.get("read", ""), self._permissions.get("write", "")
        listing, delete = self._permissions.get("list", ""), self._permissions.get("delete", "")
        return [
            Probe("puts a version and another", self._put, permission=write),
            Probe("gives the newest and the one before", self._got, permission=read),
            Probe("lists versions, the newest first", self._listed, permission=listing),
            Probe("destroys older versions", self.cleaned, permission=delete),
            Probe("gives no destroyed version", self._destroyed, "not-found", read),
        ]

    async def cleaned(self) -> str | None:
        """Have every version but the newest destroyed."""
        for version in await self._store.versions(NAME):
            if not version.newest and version.state is State.READABLE:
                await self._store.destroy(NAME, version.version)
        readable = [each for each in await self._store.versions(NAME) if each.state is State.READABLE]
        return None if len(readable) == 1 else f"{len(readable)} versions left"

    async def _put(self) -> None:
        for value in _VALUES:
            self._versions.append(await self._store.put(NAME, value))

    async def _got(self) -> str | None:
        first, second = self._made()
        got = [await self._store.get(NAME), await self._store.get(NAME, first)]
        told = [(secret.version, secret.value) for secret in got]
        return None if told == [(second, _VALUES[1]), (first, _VALUES[0])] else "another version came back"

    async def _listed(self) -> str | None:
        listed = [version.version for version in await self._store.versions(NAME)]
        return None if listed[:2] == self._made()[::-1] else "another list"

    async def _destroyed(self) -> str:
        await self._store.get(NAME, self._made()[0])
        return "still given"

    def _made(self) -> list[str]:
        if len(self._versions) < len(_VALUES):
            raise NotTried
        return self._versions
