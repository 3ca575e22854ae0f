"""Key sets: every usable key is found, whatever stands beside it."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from entrypoints.http.tokens import Reason, Refused
from entrypoints.http.tokens.key_ids import KEY_ID_LIMIT
from entrypoints.http.tokens.key_sets import keys_from_set
from tests.fakes.jira import sandbox_keys
from tests.shared_material import shared

GOOD, SECOND = json.loads(sandbox_keys().key_set)["keys"]
"""Two keys as Forge publishes them."""

SHORT = RSAAlgorithm.to_jwk(
    generate_private_key(65537, 1024).public_key(),  # noqa: S505 - the point is that it is too short
    as_dict=True,
)

ODD: dict[str, object] = {
    "null": None,
    "a number": 7,
    "a text": "key",
    "a list": [GOOD],
    "nothing": {},
    "no kty": {"kid": "odd", "n": GOOD["n"], "e": GOOD["e"]},
    "kty is no text": {**SECOND, "kty": 1},
    "kty in other letters": {**SECOND, "kty": "rsa"},
    "kty unknown": {**SECOND, "kty": "AKP"},
    "an elliptic curve": {"kty": "EC", "kid": "odd", "crv": "P-256", "x": "AA", "y": "AA"},
    "an octet pair": {"kty": "OKP", "kid": "odd", "crv": "Ed25519", "x": "AA"},
    "a symmetric key": {"kty": "oct", "kid": "odd", "k": "AA"},
    "no kid": {name: value for name, value in SECOND.items() if name != "kid"},
    "kid null": {**SECOND, "kid": None},
    "kid empty": {**SECOND, "kid": ""},
    "kid a number": {**SECOND, "kid": 1},
    "kid a list": {**SECOND, "kid": ["odd"]},
    "kid too long": {**SECOND, "kid": "k" * (KEY_ID_LIMIT + 1)},
    "use enc": {**SECOND, "use": "enc"},
    "use null": {**SECOND, "use": None},
    "use a list": {**SECOND, "use": ["sig"]},
    "alg RS512": {**SECOND, "alg": "RS512"},
    "alg PS256": {**SECOND, "alg": "PS256"},
    "alg RSA-OAEP": {**SECOND, "alg": "RSA-OAEP"},
    "alg none": {**SECOND, "alg": "none"},
    "alg a number": {**SECOND, "alg": 256},
    "key_ops without verify": {**SECOND, "key_ops": ["encrypt", "sign"]},
    "key_ops empty": {**SECOND, "key_ops": []},
    "key_ops a text": {**SECOND, "key_ops": "verify"},
    "key_ops an object": {**SECOND, "key_ops": {"verify": True}},
    "no n": {name: value for name, value in SECOND.items() if name != "n"},
    "n a number": {**SECOND, "n": 10**400},
    "n empty": {**SECOND, "n": ""},
    "n no base64url": {**SECOND, "n": "+/=="},
    "n of a length that cannot be": {**SECOND, "n": "A"},
    "n short": {**SHORT, "kid": "odd"},
    "n too long": {**SECOND, "n": "_" * 2_000},
    "n even": {**SECOND, "n": f"{GOOD['n'][:-1]}A"},
    "no e": {name: value for name, value in SECOND.items() if name != "e"},
    "e zero": {**SECOND, "e": "AA"},
    "e one": {**SECOND, "e": "AQ"},
    "e even": {**SECOND, "e": "Ag"},
    "e too long": {**SECOND, "e": "_" * 40},
    "a private key": {**SECOND, "d": "AQAB"},
    "a private key by its factors": {**SECOND, "p": "AQAB", "q": "AQAB"},
}

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(["kty", "kid", "use", "alg", "key_ops", "n", "e", "d", "x5c", "other"])


def found(*entries: object) -> set[str]:
    """Return the ids of the keys that are found among the entries."""
    return set(keys_from_set(json.dumps({"keys": entries}).encode()))


@pytest.mark.parametrize("name", ODD)
def test_an_odd_entry_takes_no_other_with_it(name: str) -> None:
    """Before and behind a good key, the odd one is ignored and the good one found (RFC 7517, section 5)."""
    odd = ODD[name]
    assert found(odd, GOOD) == found(GOOD, odd) == {GOOD["kid"]}


@pytest.mark.parametrize("name", ODD)
def test_a_set_of_odd_entries_is_no_set(name: str) -> None:
    """Where no key is usable the keys known before stay good for a while, which the caller sees to."""
    with pytest.raises(Refused) as caught:
        found(ODD[name])
    assert caught.value.reason is Reason.KEY_SERVER


@pytest.mark.parametrize(
    "members",
    [
        {"alg": "RS256"},
        {"use": "sig", "key_ops": ["verify"]},
        {"key_ops": ["sign", "verify"]},
        {"x5c": [7], "x5t": None, "nbf": 1e999, "other": {"n": 1}},
    ],
    ids=str,
)
def test_a_key_may_say_more_or_less(members: dict[str, object]) -> None:
    """Every member but those of the key itself is optional, and unknown ones are let be."""
    assert found({"kty": "RSA", "kid": "bare", "n": GOOD["n"], "e": GOOD["e"], **members}) == {"bare"}


def test_an_id_that_is_given_twice_names_nothing() -> None:
    """That id alone is refused, also where one of its entries would not be usable or both are the same."""
    twice = {**SECOND, "kid": GOOD["kid"]}
    assert found(GOOD, twice, SECOND) == {SECOND["kid"]}
    assert found(GOOD, GOOD, SECOND) == {SECOND["kid"]}
    assert found(GOOD, {**twice, "use": "enc"}, SECOND) == {SECOND["kid"]}


def test_keys_of_different_types_may_share_an_id() -> None:
    """They are equivalent alternatives then (RFC 7517, section 4.5)."""
    curve = {"kty": "EC", "kid": GOOD["kid"], "crv": "P-256", "x": "AA", "y": "AA"}
    assert found(curve, GOOD) == {GOOD["kid"]}


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b"null", b'"keys"', b"{}", b'{"keys": null}', b'{"keys": {}}', b'{"keys": []}', b"[" * 100_000],
)
def test_what_is_no_set_is_refused(document: bytes) -> None:
    """A page of a proxy, half a document or an empty set tells of no key."""
    with pytest.raises(Refused) as caught:
        keys_from_set(document)
    assert caught.value.reason is Reason.KEY_SERVER


@pytest.mark.parametrize(
    "entry",
    [b"1e999", b"9" * 5_000, b"NaN", b'"\\ud800"', b'{"kid": "\\udfff"}', b'"\xff"', b"-0", b'{"kty": 1, "kty": 2}'],
)
def test_text_and_numbers_that_cannot_be_void_their_entry_alone(entry: bytes) -> None:
    """A number beyond all size or half a character does not make the rest unreadable; nor does a mark of byte order."""
    document = b'\xef\xbb\xbf{"other": %b, "keys": [%b, %b]}' % (entry, entry, json.dumps(GOOD).encode())
    assert set(keys_from_set(document)) == {GOOD["kid"]}


@given(st.lists(st.tuples(MEMBERS, JSON), max_size=4), JSON)
def test_no_entry_voids_the_set(changes: list[tuple[str, Any]], other: Any) -> None:
    """Whatever is changed of an entry, and whatever stands beside it, a good key with an id of its own is found."""
    odd = {**SECOND, **dict(changes)}
    assert GOOD["kid"] in found(odd, other, GOOD) or odd.get("kid") == GOOD["kid"]


def test_the_published_shape_is_read() -> None:
    """Both keys of the shape that Forge publishes are found once the set holds real numbers."""
    entries = json.loads(shared("cases/forge-jwks.json").read_bytes())["keys"]
    real = [{**entry, "n": key["n"], "e": key["e"]} for entry, key in zip(entries, (GOOD, SECOND), strict=True)]
    header = json.loads(shared("cases/forge-token-header.json").read_bytes())
    assert found(*real) == {entry["kid"] for entry in entries}
    assert header["kid"] in found(*real)
