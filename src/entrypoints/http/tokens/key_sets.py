"""Key sets (RFC 7517): every usable RSA key of a set by its id, whatever else the set holds.

Section 5 wants an entry ignored whose `kty` is not understood, that lacks a required member, or whose values are out of
range. So each entry is judged alone, and one that is odd takes no other with it.
"""

import json
import math
import re
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from entrypoints.http.tokens.key_ids import KEY_ID_LIMIT
from entrypoints.http.tokens.requests import Reason, Refused
from entrypoints.http.tokens.signatures import KEY_BITS, RS256

KEY_BITS_LIMIT: Final = 8192
"""The largest RSA key that is believed: what a signature costs grows with it."""

_EXPONENT_BITS: Final = 64
_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_PRIVATE: Final = ("d", "p", "q", "dp", "dq", "qi", "oth")
"""The members of a private key (RFC 7518, section 6.3.2): a key that is published with one proves nothing."""


def keys_from_set(document: bytes) -> dict[str, RSAPublicKey]:
    """Return the keys of a set that may verify RS256, by their ids; raises Refused for what is no set, or has none.

    An id that several RSA entries have names none of them: which one is meant cannot be told. Entries of another type
    may share it (RFC 7517, section 4.5).
    """
    entries = [entry for entry in _entries(document) if isinstance(entry, dict) and entry.get("kty") == "RSA"]
    ids = Counter(key_id for entry in entries if isinstance(key_id := entry.get("kid"), str))
    found = {entry["kid"]: key for entry in entries if _is_named(entry, ids) and (key := _usable(entry)) is not None}
    if not found:
        raise Refused(Reason.KEY_SERVER)
    return found


def _entries(document: bytes) -> list[Any]:
    """Read the JSON of the set leniently, so that no odd number or text in one entry makes all of it unreadable."""
    try:
        text = document.decode("utf-8-sig", "replace")
        read = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=lambda _: math.nan)
    except (ValueError, RecursionError) as exc:
        raise Refused(Reason.KEY_SERVER) from exc
    entries = read.get("keys") if isinstance(read, dict) else None
    if not isinstance(entries, list):
        raise Refused(Reason.KEY_SERVER)
    return entries


def _number(_text: str) -> float:
    """No member that is looked at is a number."""
    return math.nan


def _is_named(entry: Mapping[str, Any], ids: Counter[str]) -> bool:
    key_id = entry.get("kid")
    return isinstance(key_id, str) and 0 < len(key_id) <= KEY_ID_LIMIT and ids[key_id] == 1


def _usable(entry: Mapping[str, Any]) -> RSAPublicKey | None:
    """Return the key of an entry that is for RS256 signatures, as far as it says; None for any other entry."""
    if entry.get("alg", RS256) != RS256 or entry.get("use", "sig") != "sig" or not _verifies(entry):
        return None
    modulus, exponent = _integer(entry.get("n")), _integer(entry.get("e"))
    if not KEY_BITS <= modulus.bit_length() <= KEY_BITS_LIMIT or exponent.bit_length() > _EXPONENT_BITS:
        return None
    if modulus % 2 == 0:
        return None
    try:
        return RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        return None


def _verifies(entry: Mapping[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return isinstance(operations, list) and "verify" in operations and not any(name in entry for name in _PRIVATE)


def _integer(text: object) -> int:
    """Return the number that base64url without padding stands for; 0 for anything else."""
    if not isinstance(text, str) or _NUMBER.fullmatch(text) is None:
        return 0
    try:
        return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return 0
