"""What `panorama keys rotate` and `panorama keys rewrap` do."""

import os
import platform
import pwd
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from application.keys.emergency import Came, Emergency, Stage
from application.maintenance.jobs import Progress, Turn
from domain.ids import TenantId
from entrypoints.cli.endings import told_to_end
from entrypoints.cli.exits import Exit
from entrypoints.cli.output import Output
from entrypoints.container import Sources
from entrypoints.core_services import CoreServices
from ports.errors import PortError

_A_DAY: Final = 24 * 3_600.0
_SILENCE: Final = "a key manager does not wrap"


class Wish(msgspec.Struct, frozen=True):
    """Whose data keys are to be replaced, and why."""

    reason: str
    tenants: Sequence[TenantId]
    now: bool
    """Whether they may have leaked."""

    keep: bool
    """False: only say whose."""


async def rotated(wish: Wish, services: CoreServices, output: Output) -> Exit:
    """File the request, and carry it out here and now if the keys may have leaked; say what came of it."""
    if not wish.keep:
        _tell(output, {"would_replace": wish.tenants}, f"{len(wish.tenants)} data keys would be replaced.")
        return Exit.DONE
    if wish.now:
        return await _rotated_now(wish, services, output)
    count = await _file(wish, services)
    _tell(output, {"requested": count}, f"{count} data keys are replaced by the next turn of maintenance.")
    return Exit.DONE


async def _rotated_now(wish: Wish, services: CoreServices, output: Output) -> Exit:
    """Rotate at once; where that is under way already, go on with it and begin nothing new."""
    emergency = Emergency(services.keys.succession, services.monotonic, Sources().sleep())
    tenants = await emergency.under_way(wish.tenants)
    if tenants:
        output.remark(f"Going on with {len(tenants)} data keys that are being replaced; a repeat begins anew.")
    else:
        tenants = list(wish.tenants)
        await _file(wish, services)
        await services.keys.requests.carry_out(Turn(services.monotonic, _A_DAY))
    with told_to_end() as ending, _bars() as told:
        came = await emergency.run(tenants, told, ending)
    _tell_outcome(output, came)
    if ending.is_set():
        raise KeyboardInterrupt
    return Exit.UNAVAILABLE if came.in_use else Exit.DONE


async def _file(wish: Wish, services: CoreServices) -> int:
    return await services.keys.requests.file(_whoever(), wish.reason, wish.tenants, suspected=wish.now)


async def rewrapped(services: CoreServices, output: Output, *, keep: bool) -> Exit:
    """Have every wrap made anew; say how many were, and how many could not be."""
    cycle = services.keys.lifecycle
    tenants = [tenant async for tenant in services.keys.generations.holders()]
    if not keep:
        wraps = [len(each.wraps) for tenant in tenants for each in await cycle.generations.of(tenant)]
        _tell(output, {"would_make": sum(wraps)}, f"{sum(wraps)} wraps would be made anew.")
        return Exit.DONE
    primaries = await cycle.wraps.primaries()
    made, missing, failed = 0, 0, 0
    for tenant in output.tracked(tenants, "wrapping"):
        try:
            some, others = await cycle.rewrap_all(tenant, primaries)
        except PortError:
            failed += 1
        else:
            made, missing = made + some, missing + others
    document = {"made": made, "not_made": missing, "tenants_failed": failed}
    _tell(output, document, f"{made} wraps made anew, {missing} not; the keys of {failed} tenants do not open now.")
    return Exit.UNAVAILABLE if missing or failed else Exit.DONE


def _whoever() -> str:
    """Return who runs this, as the machine knows them: nobody can name another."""
    try:
        login = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        login = f"uid {os.getuid()}"
    return f"{login} at {platform.node()}"


def _tell(output: Output, document: object, sentence: str) -> None:
    if output.json:
        output.document(document)
    else:
        output.line(sentence)


def _tell_outcome(output: Output, came: Came) -> None:
    if output.json:
        in_use = [{"id": tenant, "failure": code or None} for tenant, code in came.in_use.items()]
        output.document({"done": came.done, "still_in_use": in_use})
        return
    output.table(("", ""), [(what, count) for what, count in came.done.items()])
    if not came.in_use:
        output.line("The service opens nothing with the old keys any more, other processes from five minutes on.")
        return
    output.table(("still in use by", "because"), [(tenant, code or _SILENCE) for tenant, code in came.in_use.items()])
    output.line("Maintenance goes on with these; the same command does, too.")


@contextmanager
def _bars() -> Iterator[Callable[[Stage, Progress], None]]:
    """Show one bar for each stage on the standard error stream, if that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks = {stage: bar.add_task(f"{stage.value}…", total=None, visible=False) for stage in Stage}

        def told(stage: Stage, progress: Progress) -> None:
            bar.update(tasks[stage], completed=progress.done, total=progress.total, visible=True)

        yield told
