"""What is known of a tenant's use of the app on Forge: its installations, when it was heard, how long it is silent."""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

INSTALLATIONS_KEPT: Final = 20
"""How many installations of a tenant are remembered; beyond it those that were heard longest ago are dropped."""

RECORD_INTERVAL: Final = timedelta(hours=1)
"""How much later than what is recorded an installation must be heard for that to be recorded."""


class ForgeInstallation(msgspec.Struct, frozen=True, kw_only=True):
    """One installation of the app on a Jira site; a re-installation is another one of the same tenant."""

    id: str
    """Without the prefix of its resource name (ARI)."""

    first_heard: datetime
    last_heard: datetime
    """When the newest token that was recorded was issued; see RECORD_INTERVAL."""

    app_version: str | None = None
    license_active: bool | None = None
    """As last told; None where no token has told of a license."""


class ForgeUse(msgspec.Struct, frozen=True, kw_only=True):
    """The history of a Forge tenant."""

    last_heard: datetime
    """When the newest token of any installation was issued, as far as it is recorded.

    Where no installation is known: when the tenant, made by an earlier release, was first seen by one that records it.
    """

    installations: tuple[ForgeInstallation, ...] = ()
    """In the order in which they were first heard."""

    leaving: datetime | None = None
    """When the newest installation told that it is about to be removed; None where it has not."""

    hearings: int = 0
    """How many times it was recorded that the tenant was heard: tells two silences apart."""

    silent: timedelta = timedelta()
    """How long it has not been heard while other tenants were, in time that was counted; see `domain.silence`."""

    all_silent: timedelta = timedelta()
    """The same of the time in which no tenant was heard."""


def record_hearing(use: ForgeUse | None, installation: ForgeInstallation) -> ForgeUse:
    """Return the history with a token of this installation in it; the same object where there is nothing to record.

    `installation` is what the token tells: both its times are those at which the token was issued.
    """
    if use is None:
        return ForgeUse(last_heard=installation.last_heard, installations=(installation,), hearings=1)
    known = next((each for each in use.installations if each.id == installation.id), None)
    if known is not None and not use.silent and not use.all_silent and not _is_news(known, installation):
        return use
    others = [each for each in use.installations if each is not known]
    everything = _bounded([*others, installation if known is None else _merged(known, installation)])
    newest = everything[-1]
    was_re_installed = use.leaving is not None and newest.first_heard > use.leaving
    return replace(
        use,
        # A moment that no token told may come from a clock that was wrong.
        last_heard=max(installation.last_heard, use.last_heard) if use.installations else installation.last_heard,
        installations=everything,
        leaving=None if was_re_installed else use.leaving,
        hearings=use.hearings + 1,
        silent=timedelta(),
        all_silent=timedelta(),
    )


def record_leaving(use: ForgeUse, installation: str, at: datetime) -> ForgeUse:
    """Return the history with a removal that was announced then; one of any but the newest installation is void."""
    if not use.installations or use.installations[-1].id != installation:
        return use
    if use.leaving is not None and at <= use.leaving:
        return use
    return replace(
        use,
        leaving=at,
        last_heard=max(at, use.last_heard),
        hearings=use.hearings + 1,
        silent=timedelta(),
        all_silent=timedelta(),
    )


def _is_news(known: ForgeInstallation, told: ForgeInstallation) -> bool:
    merged = _merged(known, told)
    return (
        merged.last_heard - known.last_heard >= RECORD_INTERVAL or replace(merged, last_heard=known.last_heard) != known
    )


def _merged(known: ForgeInstallation, told: ForgeInstallation) -> ForgeInstallation:
    """Of two tokens the one that was issued last tells the version and the license, whichever came first."""
    older, newer = (told, known) if told.last_heard < known.last_heard else (known, told)
    return ForgeInstallation(
        id=known.id,
        first_heard=min(known.first_heard, told.first_heard),
        last_heard=newer.last_heard,
        app_version=older.app_version if newer.app_version is None else newer.app_version,
        license_active=older.license_active if newer.license_active is None else newer.license_active,
    )


def _bounded(installations: list[ForgeInstallation]) -> tuple[ForgeInstallation, ...]:
    last_heard = sorted(installations, key=lambda each: each.last_heard)[-INSTALLATIONS_KEPT:]
    return tuple(sorted(last_heard, key=lambda each: each.first_heard))
