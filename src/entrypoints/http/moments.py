"""The past, as a request names it."""

from datetime import datetime

import msgspec

from entrypoints.http.headers import is_version, read_version
from entrypoints.http.problems import ProblemError


def read_moment(text: str, epoch: int) -> int | datetime:
    """Return the version or the moment that `text` names.

    Raises the problems `reload` for a version of another epoch and `request-invalid` for what is neither, or is a
    time without an offset.
    """
    if is_version(text):
        return read_version(text, epoch, at="at")
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError as error:
        raise ProblemError("request-invalid", at=["at"]) from error
    if moment.tzinfo is None:
        raise ProblemError("request-invalid", at=["at"])
    return moment
