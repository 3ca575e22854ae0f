"""What a preflight tries, and what it finds."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeAlias

import msgspec

from application.faults import fault_of
from ports.errors import PermissionDenied, PortError
from ports.sources import Monotonic

OK: Final = "ok"
"""What most probes expect: that it works."""

NOT_TRIED: Final = "not tried"
"""What is found of a probe that leans on one that has failed."""

PATIENCE: Final = 60.0
"""For how many seconds one probe is waited for."""

NO_ANSWER: Final = f"no answer in {PATIENCE:.0f} s"


class Noted(msgspec.Struct, frozen=True):
    """A probe has found what it expects, and something to tell besides."""

    note: str


class NotTried(Exception):
    """A probe leans on one that has failed."""


Found: TypeAlias = str | Noted | None
"""What a probe has found; None for OK."""


class Probe(msgspec.Struct, frozen=True):
    """One thing to try. What is expected is a word: OK, or the code of the port error that must be raised."""

    capability: str
    run: Callable[[], Awaitable[Found]]
    """Raises the port error, or NotTried."""

    expected: str = OK
    permission: str = ""
    """What the identity must be allowed to do, in the provider's own word."""


class Probes(Protocol):
    """What is tried on one part; each probe leans on those before it."""

    def first(self) -> Probe:
        """Return what is tried before anything else: whether it answers at all."""

    def probes(self) -> list[Probe]:
        """Return the others in their order, once the first has been tried."""

    async def cleaned(self) -> object:
        """Remove what the probes have left."""


class Finding(msgspec.Struct, frozen=True):
    """What came of a probe."""

    part: str
    """The key that the part of the site stands under, numbered where there are several."""

    capability: str
    expected: str
    found: str
    go: bool
    """Whether what was found is what was expected."""

    seconds: float
    missing: str
    """The permission that is missing, in the provider's own word."""

    note: str
    """What there is to tell besides: the cause of a failure, or how a part is set up."""


async def tried(part: str, probe: Probe, monotonic: Monotonic) -> Finding:
    """Run a probe; nothing that goes wrong in it leaves this function but cancellation."""
    began, note = monotonic(), ""
    try:
        async with asyncio.timeout(PATIENCE):
            said = await probe.run()
        found, note = (probe.expected, said.note) if isinstance(said, Noted) else (said or OK, "")
    except PortError as exc:
        found, note = exc.code, str(exc)
    except NotTried:
        found = NOT_TRIED
    except TimeoutError:
        found = NO_ANSWER
    except Exception as exc:  # noqa: BLE001 - A fault of an adapter is a finding too, and the other probes go on.
        found, note = "fault", str(fault_of(exc))
    go = found == probe.expected
    missing = probe.permission if found == PermissionDenied.code and not go else ""
    # What was expected to be raised needs no explanation.
    told = "" if go and found != OK else note
    return Finding(part, probe.capability, probe.expected, found, go, monotonic() - began, missing, told)
