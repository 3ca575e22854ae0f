"""All key managers as one: each of them wraps, any one of them opens."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Final

from application.keys.first_answer import NobodyAnswered, first_answer
from application.keys.recovery import RECOVERY, RecoveryKey
from domain.wraps import Primary
from ports.edges import port_errors_only
from ports.errors import Corrupt, InvalidArgument, NotFound, PortError, Unavailable
from ports.key_checks import PLAIN_SIZE
from ports.keys import KeyManager

CHECK_HEAD_START: Final = 0.2
"""For how many seconds a check waits before it asks the next key manager too: whoever wants to know is in a hurry."""


class Wraps:
    """The key managers in the order in which they are asked, and the recovery key, which can only wrap."""

    def __init__(self, managers: Sequence[KeyManager], recovery: RecoveryKey | None) -> None:
        self._managers = {manager.name: manager for manager in managers}
        self._recovery = recovery
        if not managers or len(self._managers) < len(managers) or RECOVERY in self._managers:
            raise InvalidArgument(f"each key manager has a name of its own, not {RECOVERY!r}, and there is one")

    @property
    def names(self) -> frozenset[str]:
        """Whose wraps every generation must have."""
        return frozenset(self._managers) | (frozenset() if self._recovery is None else {RECOVERY})

    async def make(self, plain: bytes, context: bytes) -> dict[str, bytes]:
        """Return everybody's wrap under their name; raises Unavailable where a key manager does not give one."""
        answers = await asyncio.gather(
            *(manager.wrap(plain, context) for manager in self._managers.values()), return_exceptions=True
        )
        wraps: dict[str, bytes] = {}
        for name, answer in zip(self._managers, answers, strict=True):
            if isinstance(answer, Exception):
                raise Unavailable("a key manager does not wrap") from answer
            if isinstance(answer, BaseException):
                raise answer
            wraps[name] = answer
        if self._recovery is not None:
            wraps[RECOVERY] = self._recovery.wrap(plain, context)
        return wraps

    async def open(self, wraps: Mapping[str, bytes], context: bytes) -> bytes:
        """Return the data key from the first wrap that opens; a key manager that is silent is not waited for long.

        Raises Corrupt where every key manager that has a wrap refuses it as damaged, Unavailable where one of them
        could not be asked or none has a wrap.
        """

        async def opened(name: str, manager: KeyManager) -> bytes:
            return _whole(await manager.unwrap(wraps[name], context))

        able = [partial(opened, name, manager) for name, manager in self._managers.items() if name in wraps]
        try:
            return await first_answer(able)
        except NobodyAnswered as exc:
            if exc.failures and all(isinstance(failure, Corrupt) for failure in exc.failures):
                raise Corrupt("no wrap of the data key opens") from exc
            raise Unavailable("no key manager that could open the data key answers") from exc

    async def prove(self, wraps: Mapping[str, bytes], plain: bytes, context: bytes) -> None:
        """Return when every key manager opens its wrap to exactly `plain`; raises Corrupt and Unavailable."""
        for name, manager in self._managers.items():
            try:
                with port_errors_only():
                    opened = await manager.unwrap(wraps[name], context)
            except Corrupt:
                raise
            except PortError as exc:
                raise Unavailable("a key manager does not open what it has wrapped") from exc
            if opened != plain:
                raise Corrupt("a key manager opens its wrap to another key")

    async def renew(self, wraps: Mapping[str, bytes], names: Iterable[str], context: bytes) -> dict[str, bytes]:
        """Return new wraps of the same key by these key managers, but for those that do not answer now.

        A wrap that its key manager refuses as damaged, and one that is missing, is made from the key itself. Each new
        wrap has been opened. Raises what `open` raises.
        """
        plain = await self.open(wraps, context)
        made: dict[str, bytes] = {}
        for name in names:
            with suppress(PortError), port_errors_only():
                made[name] = await self._renewed(name, wraps.get(name), plain, context)
        return made

    async def primaries(self) -> dict[str, Primary]:
        """Return which version each newest wrap is made with; key managers that do not answer now are left out."""
        found: dict[str, Primary] = {}
        for name, manager in self._managers.items():
            with suppress(PortError), port_errors_only():
                state = await manager.describe()
                found[name] = Primary(state.primary, state.created)
        if self._recovery is not None:
            found[RECOVERY] = Primary(self._recovery.fingerprint)
        return found

    async def check(self) -> None:
        """Return as soon as a key manager answers, which is enough to serve; raise Unavailable otherwise."""
        try:
            await first_answer([manager.describe for manager in self._managers.values()], head_start=CHECK_HEAD_START)
        except NobodyAnswered as exc:
            raise Unavailable("no key manager answers") from exc

    async def close(self) -> None:
        """Give up all key managers; one that does not close keeps no other open."""
        async with AsyncExitStack() as stack:
            for manager in self._managers.values():
                stack.push_async_callback(manager.close)

    async def _renewed(self, name: str, wrap: bytes | None, plain: bytes, context: bytes) -> bytes:
        manager = self._managers.get(name)
        if manager is None:
            return self._recovered(plain, context)
        made = await _rewrapped(manager, wrap, context) or await manager.wrap(plain, context)
        if await manager.unwrap(made, context) != plain:
            raise Corrupt("a key manager opens its wrap to another key")
        return made

    def _recovered(self, plain: bytes, context: bytes) -> bytes:
        if self._recovery is None:
            raise NotFound("nobody of that name is configured")
        return self._recovery.wrap(plain, context)


async def _rewrapped(manager: KeyManager, wrap: bytes | None, context: bytes) -> bytes | None:
    try:
        return None if wrap is None else await manager.rewrap(wrap, context)
    except Corrupt:
        return None


def _whole(plain: bytes) -> bytes:
    if len(plain) != PLAIN_SIZE:
        raise Corrupt("a wrap opens to something that is no data key")
    return plain
