"""The public keys of Atlassian, remembered for a while."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from application.keys.freshness import FreshMemory
from entrypoints.http.tokens.key_ids import checked_key_id, key_path
from entrypoints.http.tokens.key_sets import keys_from_set
from entrypoints.http.tokens.requests import Reason, Refused
from entrypoints.http.tokens.signatures import key_from_pem
from entrypoints.http.tokens.sources import KeySource
from ports.errors import Unavailable
from ports.sources import Monotonic

KEY_LIFETIME: Final = 3_600.0
"""For how many seconds a key is believed without asking again."""

OUTAGE_LIMIT: Final = 86_400.0
"""For how many seconds the keys of a set are believed while it cannot be fetched again."""

IDLE_LIMIT: Final = 2 * KEY_LIFETIME
"""After how many seconds without asking for the set even a known key has to wait for it: it may have been withdrawn."""

SET_PAUSE: Final = 10.0
"""How many seconds lie between two fetches of the key set, whatever ids are asked for."""

_REMEMBERED: Final = 100


class InstallKeys:
    """The keys of lifecycle tokens. Each is a document of its own; only those found are remembered."""

    def __init__(self, servers: Sequence[str], source: KeySource, monotonic: Monotonic) -> None:
        self._servers = [server.rstrip("/") for server in servers]
        self._source = source
        self._keys = FreshMemory[str, RSAPublicKey](monotonic, lifetime=KEY_LIFETIME, bound=_REMEMBERED)

    async def key(self, key_id: str) -> RSAPublicKey:
        """Return a key from the first server that has it; raises Refused, also where no server answers."""
        path = key_path(key_id)
        return await self._keys.get(path, lambda: self._fetch(path))

    async def close(self) -> None:
        """Stop every fetch."""
        await self._keys.close()

    async def _fetch(self, path: str) -> RSAPublicKey:
        reason = Reason.KEY_UNKNOWN
        for server in self._servers:
            try:
                pem = await self._source.fetch(f"{server}/{path}")
            except Unavailable:
                reason = Reason.KEY_SERVER
                continue
            if pem is not None:
                return key_from_pem(pem)
        raise Refused(reason)


class _KeySet(NamedTuple):
    keys: Mapping[str, RSAPublicKey]
    fetched: float


class ForgeKeys:
    """The keys of Forge Invocation Tokens, all in one document.

    It is fetched again when it is old or lacks a key; while it cannot be fetched the keys known stay good for a day. A
    call by a known key does not wait for it, so that a server that is slow or out delays nothing.
    """

    def __init__(self, url: str, source: KeySource, monotonic: Monotonic) -> None:
        self._url = url
        self._source = source
        self._monotonic = monotonic
        self._newest = _KeySet({}, float("-inf"))
        self._asked = float("-inf")
        self._is_out = False
        self._fetches = FreshMemory[str, _KeySet](monotonic, lifetime=SET_PAUSE, bound=1)

    async def key(self, key_id: str) -> RSAPublicKey:
        """Return a key; raises Refused where the document lacks it, has not been seen for a day, or is out."""
        checked_key_id(key_id)
        if self._must_wait(key_id):
            await self._fetches.get(self._url, self._fetch)
        elif self._age() >= KEY_LIFETIME:
            self._fetches.refresh(self._url, self._fetch)
        if self._age() >= OUTAGE_LIMIT:
            raise Refused(Reason.KEY_SERVER)
        found = self._newest.keys.get(key_id)
        if found is None:
            raise Refused(Reason.KEY_SERVER if self._is_out else Reason.KEY_UNKNOWN)
        return found

    async def close(self) -> None:
        """Stop every fetch."""
        await self._fetches.close()

    def _must_wait(self, key_id: str) -> bool:
        is_idle = self._monotonic() - self._asked >= IDLE_LIMIT
        return key_id not in self._newest.keys or self._age() >= OUTAGE_LIMIT or is_idle

    def _age(self) -> float:
        return self._monotonic() - self._newest.fetched

    async def _fetch(self) -> _KeySet:
        """A failure is remembered like an answer, for the pause, so that a server that is out is left in peace."""
        fetched = self._monotonic()
        try:
            document = await self._source.fetch(self._url)
            keys = keys_from_set(document or b"")
        except (Unavailable, Refused):
            self._is_out = True
        else:
            self._is_out = False
            self._newest = _KeySet(keys, fetched)
        self._asked = self._monotonic()
        return self._newest
