"""Cobblestone-256 against published vectors, a second implementation, and whoever damages a message."""

import hashlib
import zlib

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from application.sealing.cobblestone import CHUNK_SIZE, COMMITMENT_SIZE, KEY_SIZE, SALT_SIZE, seal, unseal
from ports.errors import Corrupt, InvalidArgument
from tests.shared_material import shared

KEY = b"YELLOW SUBMARINE" * 2
SALT = bytes(range(24))
HEADER = SALT_SIZE + COMMITMENT_SIZE
SIZES = [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, 2 * CHUNK_SIZE + 1]


class Vector(msgspec.Struct, rename="camel"):
    """One published case; `ct` is the hex of a zlib stream."""

    tc_id: int
    comment: str
    key: str
    ctx: str
    ct: str
    result: str
    msg_sha512: str | None = None
    msg_length: int | None = None


class Group(msgspec.Struct):
    """Some published cases."""

    tests: list[Vector]


class Vectors(msgspec.Struct, rename="camel"):
    """The published file."""

    number_of_tests: int
    test_groups: list[Group]


def test_the_published_vectors_hold() -> None:
    """Each valid case opens, and is sealed to the same bytes; each invalid one is refused."""
    published = msgspec.json.decode(shared("vectors/cobblestone-256.json").read_bytes(), type=Vectors)
    cases = [case for group in published.test_groups for case in group.tests]
    assert len(cases) == published.number_of_tests == 35
    for case in cases:
        key, context, sealed = bytes.fromhex(case.key), bytes.fromhex(case.ctx), zlib.decompress(bytes.fromhex(case.ct))
        if case.result == "valid":
            plain = unseal(key, context, sealed)
            assert (len(plain), hashlib.sha512(plain).hexdigest()) == (case.msg_length, case.msg_sha512), case.comment
            assert seal(key, context, plain, salt=sealed[:SALT_SIZE]) == sealed, case.comment
        else:
            with pytest.raises((Corrupt, InvalidArgument)):
                unseal(key, context, sealed)


@pytest.mark.parametrize(
    ("context", "plain", "sealed"),
    [
        (
            b"",
            b"",
            (
                "43a2e39431cbae0389d3fc86adf46f7c3a24de88d9311617e53f3164cc1d5dc738a66b97f0bf786565c31799c2f463d50a7e1004"
                "6011dc6fc3c939e3a5db7affb6191551669554fb"
            ),
        ),
        (
            b"test context",
            b"chunked",
            (
                "dbedaefc1c35dc6c0f22b743b03e488747166a51f33479e7ceb8b7e11cc0d2710f624a127501bc4aea7d0af6f83cfe359b9e6941"
                "5aa537f36adf86eb35b070475baa039bb7791432adbca49578bbd3"
            ),
        ),
        (
            b"test\0context",
            b"chunked",
            (
                "12ede102c3ef730da4f3d4dbfaf11003683238315befe73b21ebb2246ac19f3a7d50abd2a5a365f7652bda670814dbc883ce6182"
                "56d2d513bd238c2c0dded7614d52bef77bc04273656df97a294323"
            ),
        ),
    ],
)
def test_known_answers_come_out(context: bytes, plain: bytes, sealed: str) -> None:
    """Cases 1, 9 and 10 of C2SP's Wycheproof vectors (Apache-2.0), which need no file beside the repository."""
    key, expected = b"YELLOW SUBMARINE YELLOW SUBMARIN", bytes.fromhex(sealed)
    assert seal(key, context, plain, salt=expected[:SALT_SIZE]) == expected
    assert unseal(key, context, expected) == plain


def test_a_known_answer_of_three_chunks_comes_out() -> None:
    """The format of a longer message never changes: its bytes were written down once."""
    sealed = seal(KEY, b"context", bytes(2 * CHUNK_SIZE + 1), salt=SALT)
    assert hashlib.sha256(sealed).hexdigest() == "4a110658244dde99e593ae4741fb830e70b14a03e7fef821a3d5142dfc04e003"


@pytest.mark.parametrize("size", SIZES)
def test_a_second_implementation_agrees(size: int) -> None:
    """What the specification says, written down again with the library's own parts, gives the same bytes."""
    plain = bytes(number % 251 for number in range(size))
    assert seal(KEY, b"context", plain, salt=SALT) == _as_specified(KEY, b"context", plain, SALT)


@given(st.binary(max_size=200), st.binary(max_size=100), st.binary(min_size=24, max_size=24))
def test_what_was_sealed_opens(plain: bytes, context: bytes, salt: bytes) -> None:
    """Opening gives back what was sealed, for every content and context."""
    assert unseal(KEY, context, seal(KEY, context, plain, salt=salt)) == plain


@pytest.mark.parametrize("size", SIZES)
def test_a_message_of_any_number_of_chunks_opens(size: int) -> None:
    """Also where the content ends at the end of a chunk."""
    plain = bytes(number % 251 for number in range(size))
    assert unseal(KEY, b"", seal(KEY, b"", plain, salt=SALT)) == plain


@given(st.data())
def test_a_turned_bit_is_noticed(data: st.DataObject) -> None:
    """No bit of a message can be turned."""
    sealed = bytearray(seal(KEY, b"context", bytes(100), salt=SALT))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << at % 8
    with pytest.raises(Corrupt):
        unseal(KEY, b"context", bytes(sealed))


@pytest.mark.parametrize("size", SIZES)
def test_a_message_that_was_cut_is_noticed(size: int) -> None:
    """A message has lost its end wherever it was cut, at the end of a chunk too."""
    sealed = seal(KEY, b"", bytes(size), salt=SALT)
    ends = {0, SALT_SIZE, HEADER, HEADER + 15, len(sealed) - 1, len(sealed) - 16, len(sealed) - 17}
    ends |= set(range(HEADER, len(sealed), CHUNK_SIZE + 16))
    for end in ends:
        with pytest.raises(Corrupt):
            unseal(KEY, b"", sealed[:end])


def test_chunks_cannot_change_places() -> None:
    """A chunk opens only where it was."""
    sealed = seal(KEY, b"", bytes(2 * CHUNK_SIZE), salt=SALT)
    first, second = HEADER, HEADER + CHUNK_SIZE + 16
    third = second + CHUNK_SIZE + 16
    with pytest.raises(Corrupt):
        unseal(KEY, b"", sealed[:first] + sealed[second:third] + sealed[first:second] + sealed[third:])


def test_another_key_or_context_does_not_open() -> None:
    """The commitment is to key and context both."""
    sealed = seal(KEY, b"context", b"plain", salt=SALT)
    for key, context in ((bytes(32), b"context"), (KEY, b"contex"), (KEY, b"")):
        with pytest.raises(Corrupt):
            unseal(key, context, sealed)


def test_keys_and_salts_have_their_sizes() -> None:
    """A call with a key or salt of another size is refused rather than stretched."""
    sealed = seal(KEY, b"", b"", salt=SALT)
    for key in (b"", KEY[:-1], KEY + b"\0"):
        with pytest.raises(InvalidArgument):
            seal(key, b"", b"", salt=SALT)
        with pytest.raises(InvalidArgument):
            unseal(key, b"", sealed)
    for salt in (b"", SALT[:-1], SALT + b"\0"):
        with pytest.raises(InvalidArgument):
            seal(KEY, b"", b"", salt=salt)


def _as_specified(key: bytes, context: bytes, plain: bytes, salt: bytes) -> bytes:
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + context
    derived = HKDFExpand(SHA512(), KEY_SIZE + 12 + COMMITMENT_SIZE, info).derive(key)
    cipher, base, commitment = AESGCM(derived[:32]), derived[32:44], derived[44:]
    sealed = salt + commitment
    for number in range(len(plain) // CHUNK_SIZE + 1):
        nonce = bytes(a ^ b for a, b in zip(base, number.to_bytes(12, "big"), strict=True))
        sealed += cipher.encrypt(nonce, plain[number * CHUNK_SIZE : (number + 1) * CHUNK_SIZE], None)
    return sealed
