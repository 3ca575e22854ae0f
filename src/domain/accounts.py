"""When the accounts of a tenant are reported to Jira: each of them once in a cycle, and none of them more often.

That is Atlassian's rule for every app that keeps account ids (User privacy guide for app developers, "Reporting user
personal data for your apps"). How long a cycle is, Jira says with each answer.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.ids import UserId

PERIOD: Final = timedelta(days=7)
"""How long a cycle is for as long as Jira has not said otherwise."""

FIRST_AFTER: Final = timedelta(days=1)
"""How long the first report waits for more users, after the first one was seen."""

_FIRST_RETRY: Final = timedelta(hours=1)
_LAST_RETRY: Final = timedelta(days=1)
_RETRIES: Final = 5
"""So many doublings lead from the first pause beyond the last one."""


class Verdict(Enum):
    """What Jira says of an account that was reported."""

    CLOSED = "closed"
    """It is no more: everything that tells of it has to be erased."""

    UPDATED = "updated"
    """It has changed since it was retrieved: what is kept of it has to be refreshed."""


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """How far the reports of one tenant's accounts are."""

    due: datetime
    """When the next report begins, or the one under way goes on."""

    complete: datetime
    """When the last whole report ended; before there was one, when the first user was seen."""

    period: timedelta = PERIOD
    """How long a cycle is."""

    after: UserId = UserId("")
    """The user up to whom, in the order of their ids, the report under way has come; empty between two reports."""

    failures: int = 0
    """How often in a row Jira did not take a report."""


def first_cycle(now: datetime) -> Cycle:
    """The first user of a tenant starts its cycles."""
    return Cycle(due=now + FIRST_AFTER, complete=now)


def advanced(cycle: Cycle, user: UserId, period: timedelta | None) -> Cycle:
    """A batch that Jira has answered is not reported again in this cycle; the newest period told counts."""
    return replace(cycle, after=user, period=period or cycle.period, failures=0)


def completed(cycle: Cycle, now: datetime) -> Cycle:
    """The next report begins a period after this one ended, so that no account is reported more often."""
    return replace(cycle, due=now + cycle.period, complete=now, after=UserId(""), failures=0)


def put_off(cycle: Cycle, now: datetime, wait: timedelta) -> Cycle:
    """A report that Jira asked to wait goes on where it was."""
    return replace(cycle, due=now + wait)


def failed(cycle: Cycle, now: datetime) -> Cycle:
    """A report that Jira did not take goes on after an hour, and after twice as long each time, at most a day."""
    wait = min(_FIRST_RETRY * 2 ** min(cycle.failures, _RETRIES), _LAST_RETRY)
    return replace(put_off(cycle, now, wait), failures=cycle.failures + 1)


def is_behind(cycle: Cycle, now: datetime) -> bool:
    """Whether a whole cycle has passed in which nothing was reported to its end."""
    return now - cycle.complete > 2 * cycle.period
