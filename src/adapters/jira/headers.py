"""What the headers of Jira's answers say of time."""

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

LEAST_WAIT: Final = timedelta(seconds=1)
MOST_WAIT: Final = timedelta(days=1)
"""What a wish for patience is taken to mean at the least and at the most."""

DEFAULT_WAIT: Final = timedelta(minutes=1)
"""How long to wait where the answer does not say."""

LONGEST_PERIOD: Final = timedelta(days=366)
"""The longest cycle that is believed."""

_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_PERIOD: Final = re.compile(r"(?:P(?P<iso>[0-9]{1,9})D|(?P<number>[0-9]{1,9})(?: ?days?)?)", re.IGNORECASE)


def retry_after(text: str | None, now: datetime) -> timedelta:
    """Return what `Retry-After` asks for: seconds, or a date (RFC 9110, section 10.2.3)."""
    wait = DEFAULT_WAIT
    if text is not None and _SECONDS.fullmatch(text):
        wait = timedelta(seconds=int(text))
    elif text is not None:
        try:
            wait = parsedate_to_datetime(text) - now
        except (ValueError, TypeError):
            wait = DEFAULT_WAIT
    return min(max(wait, LEAST_WAIT), MOST_WAIT)


def cycle_period(text: str | None) -> timedelta | None:
    """Return what `Cycle-Period` asks for; None where it says nothing that is understood.

    Atlassian does not document its form. It is read as whole days, in each form that clients of theirs have met: `7`,
    `7 days` and `P7D` (ISO 8601).
    """
    found = _PERIOD.fullmatch(text.strip()) if text is not None else None
    if found is None:
        return None
    days = int(found["iso"] or found["number"])
    return timedelta(days=days) if 0 < days <= LONGEST_PERIOD.days else None
