"""An address that is kept as a secret, version by version."""

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

    async def _read(self, version: str | None) -> Kept:
        secret = await self._secrets.get(self._name, version)
        try:
            return Kept(secret.version, secret.value.decode().strip())
        except UnicodeDecodeError:
            # Without its cause, which holds a piece of the secret.
            raise Corrupt("a secret that should be an address is no text") from None
