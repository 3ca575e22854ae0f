"""What `panorama keys status` shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.text import Text

from application.keys.requests import RotationRequest
from application.keys.status import COUNTED, TenantKeys
from domain.ids import TenantId
from domain.keys import Generation, State, active
from domain.rotation import Colour, worst
from entrypoints.cli.output import Output

_STYLES: Final = {Colour.GREEN: "green", Colour.AMBER: "yellow", Colour.RED: "bold red"}


def show_status(
    output: Output,
    found: Sequence[TenantKeys],
    names: Mapping[TenantId, str],
    requests: Sequence[RotationRequest],
    now: datetime,
) -> Colour:
    """Show how keys stand, and return how all of it does. `names` are the tenants' aliases."""
    colour = worst(each.colour for each in found)
    if output.json:
        tenants = [_document(each, names.get(each.tenant), now) for each in found]
        output.document({"colour": _word(colour), "tenants": tenants, "requests": [_asked(each) for each in requests]})
        return colour
    rows = [_row(each, names.get(each.tenant) or each.tenant, now) for each in found]
    output.table(("tenant", "data key", "older ones", "records under them", "wraps", ""), rows)
    for request in requests:
        output.line(_told(request))
    output.line(f"All in all {_word(colour)}: {len(found)} tenants.")
    return colour


def _word(colour: Colour) -> str:
    return colour.name.lower()


def _row(keys: TenantKeys, name: str, now: datetime) -> Sequence[object]:
    newest = active(keys.generations)
    older = [each for each in keys.generations if each is not newest and each.state is not State.DESTROYED]
    return (
        name,
        "none" if newest is None else f"{newest.number}, {_days(newest, now)}",
        "; ".join(f"{each.number} {each.state.value}, {_days(each, now)}" for each in older),
        _counted(keys.sealed_below),
        _wraps(keys),
        Text("; ".join([_word(keys.colour), *_problems(keys)]), style=_STYLES[keys.colour]),
    )


def _days(generation: Generation, now: datetime) -> str:
    return f"{(now - generation.created).days} days"


def _counted(records: int) -> str:
    return f"{records} or more" if records >= COUNTED else str(records)


def _wraps(keys: TenantKeys) -> str:
    lacking = sorted(set().union(*keys.lacking.values()))
    outdated = sorted(set().union(*keys.outdated.values()))
    told = [f"missing: {', '.join(lacking)}"] if lacking else []
    told += [f"outdated: {', '.join(outdated)}"] if outdated else []
    return "; ".join(told) or "all"


def _problems(keys: TenantKeys) -> list[str]:
    return [f"{concern.code} ({concern.generation})" for concern in keys.concerns]


def _document(keys: TenantKeys, alias: str | None, now: datetime) -> dict[str, Any]:
    return {
        "id": keys.tenant,
        "alias": alias,
        "colour": _word(keys.colour),
        "concerns": [
            {"code": each.code, "colour": _word(each.colour), "generation": each.generation} for each in keys.concerns
        ],
        "records_under_older": keys.sealed_below,
        "generations": [_generation(each, keys, now) for each in keys.generations],
    }


def _generation(generation: Generation, keys: TenantKeys, now: datetime) -> dict[str, Any]:
    missing, outdated = keys.lacking[generation.number], keys.outdated[generation.number]
    wraps = {name: "outdated" if name in outdated else "present" for name in generation.wraps}
    return {
        "number": generation.number,
        "state": generation.state.value,
        "created": generation.created,
        "days": (now - generation.created).days,
        "retired": generation.retired,
        "withdrawn": generation.withdrawn,
        "destroyed": generation.destroyed,
        "asked": generation.asked,
        "suspected": generation.suspected,
        "wraps": wraps | dict.fromkeys(sorted(missing), "missing"),
    }


def _asked(request: RotationRequest) -> dict[str, Any]:
    return {
        "at": request.at,
        "by": request.by,
        "reason": request.reason,
        "suspected": request.suspected,
        "tenants": len(request.generations),
        "carried_out": request.carried_out,
    }


def _told(request: RotationRequest) -> str:
    why = "suspected leak" if request.suspected else "asked for"
    count = len(request.generations)
    return f"{request.at:%Y-%m-%d %H:%M}  {count} data keys, {why} by {request.by}: {request.reason}"
