"""A storage that fails where a plan says so: before or after a call, once or for good, or by the process dying."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from enum import Enum
from typing import NoReturn, TypeVar

import msgspec

from ports.errors import PortError, Unavailable
from ports.storage import SCAN_LIMIT, Capability, Record, Ref, Row, Storage

T = TypeVar("T")

READS = frozenset({"get", "scan", "everything", "due", "unshipped", "sealed_below", "holdings", "check"})
"""The methods that change nothing."""

WRITES = frozenset({"put", "put_many", "delete", "mark_shipped", "apply", "erase"})
"""The methods whose outcome may be unknown."""


DIED = "died"
"""What stands among the steps where the process has ended."""


class Died(BaseException):
    """The process ends here; nothing that runs after it is part of the story."""


class Harm(Enum):
    """What happens to a call."""

    LOST_REQUEST = "the call fails before anything has happened"
    LOST_ANSWER = "the call happens, and its answer is lost"
    DEATH_BEFORE = "the process dies before the call"
    DEATH_AFTER = "the process dies after the call"
    CUT_SHORT = "put_many stores half of its records, and its answer is lost; others fail before"


class Fault(msgspec.Struct, frozen=True):
    """A call that goes wrong: the `call`-th of `methods`, counted from 1, and the `times - 1` that follow it."""

    call: int
    harm: Harm
    methods: frozenset[str] = READS | WRITES
    times: int = 1
    error: Callable[[], PortError] = Unavailable

    def strikes(self, calls: int) -> bool:
        """Whether the call is struck, when it is the `calls`-th of `methods`."""
        return self.call <= calls < self.call + self.times


class Flaky:
    """Passes calls on, but those that `plan` harms; `steps` names each call that was made.

    Several parts of one process may share one list of steps: then the plan counts the calls of all of them, and none
    of them does anything more once the process has died.
    """

    def __init__(self, *plan: Fault, steps: list[str] | None = None) -> None:
        self.plan = plan
        self.steps: list[str] = [] if steps is None else steps
        self._shares = steps is not None

    async def _step(
        self, method: str, call: Callable[[], Awaitable[T]], half: Callable[[], Awaitable[object]] | None = None
    ) -> T:
        if self._shares and DIED in self.steps[-1:]:
            raise Died(method)
        self.steps.append(method)
        fault = self._fault(method)
        if fault is None:
            return await call()
        if fault.harm is Harm.DEATH_BEFORE:
            self._die(method)
        if fault.harm is Harm.CUT_SHORT and half is not None:
            await half()
        if fault.harm in {Harm.LOST_ANSWER, Harm.DEATH_AFTER}:
            with suppress(PortError):
                await call()
        if fault.harm is Harm.DEATH_AFTER:
            self._die(method)
        raise fault.error()

    def _fault(self, method: str) -> Fault | None:
        for fault in self.plan:
            calls = sum(step in fault.methods for step in self.steps)
            if method in fault.methods and fault.strikes(calls):
                return fault
        return None

    def _die(self, method: str) -> NoReturn:
        if self._shares:
            self.steps.append(DIED)
        raise Died(method)


class FlakyStorage(Flaky):
    """A storage whose calls go to `inner`."""

    def __init__(self, inner: Storage, *plan: Fault, steps: list[str] | None = None) -> None:
        super().__init__(*plan, steps=steps)
        self.inner = inner
        self.capabilities: frozenset[Capability] = inner.capabilities

    async def get(self, ref: Ref) -> Record | None:
        return await self._step("get", lambda: self.inner.get(ref))

    async def put(self, record: Record) -> None:
        await self._step("put", lambda: self.inner.put(record))

    async def put_many(self, records: Sequence[Record]) -> None:
        half = records[: len(records) // 2]
        await self._step("put_many", lambda: self.inner.put_many(records), lambda: self.inner.put_many(half))

    async def delete(self, ref: Ref, rev: int) -> None:
        await self._step("delete", lambda: self.inner.delete(ref, rev))

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        await self._step("mark_shipped", lambda: self.inner.mark_shipped(revisions))

    async def apply(self, rows: Sequence[Row]) -> None:
        await self._step("apply", lambda: self.inner.apply(rows))

    async def scan(
        self,
        tenant: str,
        kind: str,
        *,
        prefix: str = "",
        after: str | None = None,
        limit: int = SCAN_LIMIT,
        reverse: bool = False,
    ) -> list[Record]:
        return await self._step(
            "scan",
            lambda: self.inner.scan(tenant, kind, prefix=prefix, after=after, limit=limit, reverse=reverse),
        )

    async def everything(
        self, limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()
    ) -> list[Row]:
        return await self._step("everything", lambda: self.inner.everything(limit, after=after, without=without))

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        return await self._step("due", lambda: self.inner.due(kind, before, limit))

    async def unshipped(self, limit: int) -> list[Record]:
        return await self._step("unshipped", lambda: self.inner.unshipped(limit))

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        return await self._step("sealed_below", lambda: self.inner.sealed_below(tenant, generation, limit))

    async def holdings(self, tenant: str) -> dict[str, int]:
        return await self._step("holdings", lambda: self.inner.holdings(tenant))

    async def erase(self, *tenants: str) -> int:
        return await self._step("erase", lambda: self.inner.erase(*tenants))

    async def check(self) -> None:
        await self._step("check", self.inner.check)

    async def close(self) -> None:
        """Never harmed: whoever closes is through with the story."""
        await self.inner.close()
