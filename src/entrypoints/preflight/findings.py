"""What a preflight tries, and what it finds."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from application.faults import fault_of
from ports.errors import PermissionDenied, PortError
from ports.sources import Monotonic

OK: Final = "ok"
"""What most probes expect: that it works."""

PATIENCE: Final = 60.0
"""For how many seconds one probe is waited for."""


class Probe(msgspec.Struct, frozen=True):
    """One thing to try. What is expected is a word: OK, or the code of the port error that must be raised."""

    capability: str
    run: Callable[[], Awaitable[str | None]]
    """Returns what was found, None for OK, or raises the port error."""

    expected: str = OK
    permission: str = ""
    """What the identity must be allowed to do, in the provider's own word."""


class Finding(msgspec.Struct, frozen=True):
    """What came of a probe."""

    part: str
    """The key that the part of the site stands under, numbered where there are several."""

    capability: str
    expected: str
    found: str
    seconds: float
    missing: str = ""
    """The permission that is missing, in the provider's own word."""

    @property
    def go(self) -> bool:
        """Whether what was found is what was expected."""
        return self.expected == self.found


async def tried(part: str, probe: Probe, monotonic: Monotonic) -> Finding:
    """Run a probe; nothing that goes wrong in it leaves this function but cancellation."""
    began, denied = monotonic(), False
    try:
        async with asyncio.timeout(PATIENCE):
            found = await probe.run() or OK
    except PortError as exc:
        found, denied = exc.code, isinstance(exc, PermissionDenied)
    except TimeoutError:
        found = f"no answer in {PATIENCE:.0f} s"
    except Exception as exc:  # noqa: BLE001 - A fault of an adapter is a finding too, and the other probes go on.
        found = f"fault: {fault_of(exc)}"
    missing = probe.permission if denied and found != probe.expected else ""
    return Finding(part, probe.capability, probe.expected, found, monotonic() - began, missing)
