"""Key ids (`kid`): any string that is not too long (RFC 7515, section 4.1.4), and how one becomes a path of a URL."""

import re
from typing import Final
from urllib.parse import quote, unquote

from entrypoints.http.tokens.requests import Reason, Refused

KEY_ID_LIMIT: Final = 512
"""The longest key id that is looked for, in characters."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DOTS: Final = frozenset({".", ".."})


def checked_key_id(key_id: str) -> str:
    """Return an id to look a key up by, whatever characters it has; raises Refused for none and for a long one."""
    if not 0 < len(key_id) <= KEY_ID_LIMIT:
        raise Refused(Reason.KEY_ID)
    return key_id


def key_path(key_id: str) -> str:
    """Return an id as a relative path of a URL, each segment percent-encoded; raises Refused where it cannot be one.

    The path leads to a document below its base and to no other: a segment that is empty, a dot segment, or one that
    becomes such by decoding it is refused, since a proxy or a CDN in between may resolve it.
    """
    segments = checked_key_id(key_id).split("/")
    if _CONTROL.search(key_id) is not None or not all(map(_is_name, segments)):
        raise Refused(Reason.KEY_ID)
    try:
        return "/".join(quote(segment, safe="") for segment in segments)
    except UnicodeEncodeError as exc:
        raise Refused(Reason.KEY_ID) from exc


def _is_name(segment: str) -> bool:
    """Whether a segment stays one name however often it is decoded, and whichever way a server writes a separator."""
    while (plain := unquote(segment)) != segment:
        segment = plain
    return bool(segment) and segment not in _DOTS and not set(segment) & set("/\\") and not _CONTROL.search(segment)
