"""An address that is kept as a secret, version by version."""

from datetime import datetime

import msgspec

from ports.errors import Corrupt, NotFound
from ports.secrets import SecretStore, State


class Kept(msgspec.Struct, frozen=True):
    """One version of the address, which may hold a password."""

    version: str
    address: str

    def __repr__(self) -> str:
        """Leave out the address, so that no log and no traceback holds it."""
        return f"Kept(version={self.version!r})"


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Every version that can be read, and when it was put; the newest first."""

    versions: tuple[Kept, ...]
    put: tuple[datetime, ...]

    @property
    def newest(self) -> Kept:
        """Return the version in use."""
        return self.versions[0]

    @property
    def before(self) -> Kept | None:
        """Return the version before it, None where it cannot be read."""
        return self.versions[1] if len(self.versions) > 1 else None


class KeptAddress:
    """Reads the versions of one address. Raises what the store of secrets raises, and Corrupt for what is no text."""

    def __init__(self, secrets: SecretStore, name: str) -> None:
        self._secrets = secrets
        self._name = name

    async def newest(self) -> Kept:
        """Return the newest version."""
        return await self._read(None)

    async def before(self, newest: str) -> Kept | None:
        """Return the version before that one; None where it is not there or not readable any more."""
        older = [each for each in await self._secrets.versions(self._name) if each.version != newest]
        if not older or older[0].newest or older[0].state is not State.READABLE:
            return None
        try:
            return await self._read(older[0].version)
        except NotFound:
            return None

    async def history(self) -> History:
        """Return every version that can be read; raises NotFound where even the newest cannot."""
        listed = [each for each in await self._secrets.versions(self._name) if each.state is State.READABLE]
        if not listed:
            raise NotFound("no version of the secret can be read")
        kept = [await self._read(each.version) for each in listed]
        return History(versions=tuple(kept), put=tuple(each.created for each in listed))

    async def destroy(self, version: str) -> None:
        """Have a version destroyed that is not the newest."""
        await self._secrets.destroy(self._name, version)

    async def put(self, address: str) -> None:
        """Make the address the newest version."""
        await self._secrets.put(self._name, address.encode())

    async def _read(self, version: str | None) -> Kept:
        secret = await self._secrets.get(self._name, version)
        try:
            return Kept(secret.version, secret.value.decode().strip())
        except UnicodeDecodeError:
            # Without its cause, which holds a piece of the secret.
            raise Corrupt("a secret that should be an address is no text") from None
