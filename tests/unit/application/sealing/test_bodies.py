"""What a sealed body looks like, and what is refused."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from application.sealing import cobblestone
from application.sealing.bodies import CONTENT_LIMIT, PACKED_FROM, Bodies
from application.sealing.cobblestone import InputKey
from ports.errors import Corrupt, InvalidArgument
from ports.storage import Ref

SECRET = bytes(range(32))
SALT = bytes(24)
REF = Ref("tenant", "kind", "key")
OVERHEAD = 2 + cobblestone.SALT_SIZE + cobblestone.COMMITMENT_SIZE + 16


def seal(content: bytes, ref: Ref = REF, rev: int = 1) -> bytes:
    """Seal under the same key and salt each time."""
    return Bodies().seal(SECRET, ref, rev, content, salt=SALT)


def unseal(body: bytes, ref: Ref = REF, rev: int = 1) -> bytes:
    """Open what `seal` has sealed."""
    return Bodies().unseal(SECRET, ref, rev, body)


def forged(frame: bytes, payload: bytes) -> bytes:
    """Seal a payload that no one else would write, as somebody who has the key."""
    context = f"panorama-v1 format={frame.hex()} tenant=tenant kind=kind key=key rev=1".encode()
    return frame + cobblestone.seal(SECRET, context, payload, salt=SALT)


@given(st.binary(max_size=2_000), st.integers(1, 50))
def test_a_body_opens_to_its_content(content: bytes, repeat: int) -> None:
    """Whatever the content, and whether or not it can be packed."""
    assert unseal(seal(content * repeat)) == content * repeat


def test_the_format_is_as_it_is_written_down() -> None:
    """0x01, the flags, and a message whose context names format, tenant, kind, key and revision."""
    assert seal(b"content") == forged(b"\x01\x00", b"content")
    packed = zstandard.ZstdCompressor(level=1).compress(bytes(1_000))
    assert seal(bytes(1_000)) == forged(b"\x01\x01", packed)


def test_content_is_packed_where_that_makes_it_smaller() -> None:
    """Repetition is packed; noise is not, and neither is what is small anyway."""
    assert len(seal(bytes(1_000))) < 120
    noise = hashlib.shake_256(b"noise").digest(1_000)
    assert seal(noise)[:2] == b"\x01\x00"
    assert seal(bytes(PACKED_FROM - 1))[:2] == b"\x01\x00"
    assert len(seal(bytes(PACKED_FROM - 1))) == PACKED_FROM - 1 + OVERHEAD


@pytest.mark.parametrize(
    ("ref", "rev"),
    [
        (Ref("tenant", "kind", "key"), 2),
        (Ref("tenant", "kind", "other"), 1),
        (Ref("tenant", "other", "key"), 1),
        (Ref("other", "kind", "key"), 1),
        (Ref("tenant", "kindkey", ""), 1),
    ],
)
def test_a_body_opens_only_in_its_place(ref: Ref, rev: int) -> None:
    """A body that was moved to another record, tenant or revision does not open."""
    with pytest.raises(Corrupt):
        unseal(seal(b"content"), ref, rev)


@pytest.mark.parametrize("frame", [b"", b"\x01", b"\x00\x00", b"\x02\x00", b"\x01\x02", b"\x01\x80", b"\x01\x03"])
def test_an_unknown_format_or_flag_is_corrupt(frame: bytes) -> None:
    """What only a later version could write is not guessed at, even if it is well sealed."""
    with pytest.raises(Corrupt):
        unseal(forged(frame, b"content"))


def test_a_flag_cannot_be_turned() -> None:
    """The flags are bound into the seal like the place."""
    body = seal(bytes(1_000))
    with pytest.raises(Corrupt):
        unseal(b"\x01\x00" + body[2:])


def test_few_bytes_do_not_fill_the_memory() -> None:
    """What would unpack to more than the limit, or does not say to how much, is not unpacked at all."""
    compressor = zstandard.ZstdCompressor(level=1)
    bomb = compressor.compress(bytes(CONTENT_LIMIT + 1))
    unsized = zstandard.ZstdCompressor(level=1, write_content_size=False).compress(bytes(1_000))
    for payload in (bomb, unsized):
        with pytest.raises(Corrupt):
            unseal(forged(b"\x01\x01", payload))
    assert unseal(forged(b"\x01\x01", compressor.compress(bytes(CONTENT_LIMIT)))) == bytes(CONTENT_LIMIT)


def test_packing_that_is_damaged_is_corrupt() -> None:
    """Neither half a packing, nor something behind it, nor no packing at all is taken for content."""
    packed = zstandard.ZstdCompressor(level=1).compress(bytes(1_000))
    for payload in (b"", b"content", packed[:-1], packed + b"\0", packed + packed):
        with pytest.raises(Corrupt):
            unseal(forged(b"\x01\x01", payload))


def test_content_over_the_limit_is_refused() -> None:
    """Nothing is sealed that would not be opened again."""
    with pytest.raises(InvalidArgument):
        seal(bytes(CONTENT_LIMIT + 1))


def test_many_threads_seal_and_open_at_once() -> None:
    """One object serves all threads."""
    bodies = Bodies()

    def round_trip(number: int) -> bool:
        content = bytes((number,)) * 300_000
        return bodies.unseal(SECRET, REF, 1, bodies.seal(SECRET, REF, 1, content, salt=SALT)) == content

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(round_trip, range(40)))


@given(st.binary(max_size=2_000), st.integers(1, 50))
def test_a_body_is_sealed_anew_as_its_next_revision(content: bytes, repeat: int) -> None:
    """Under another key, packed or not as it was; it does not open as the revision that it replaces."""
    before, other = seal(content * repeat), bytes(32)
    anew = Bodies().reseal(InputKey(SECRET), InputKey(other), REF, 1, before, salt=SALT)
    assert Bodies().unseal(other, REF, 2, anew) == content * repeat
    assert (anew[:2], len(anew)) == (before[:2], len(before))
    for secret, rev in ((other, 1), (SECRET, 2)):
        with pytest.raises(Corrupt):
            Bodies().unseal(secret, REF, rev, anew)


def test_what_does_not_open_is_not_sealed_anew() -> None:
    """Neither a damaged body nor one in no known format."""
    for body in (seal(b"content")[:-1], b"", b"\x02\x00noise"):
        with pytest.raises(Corrupt):
            Bodies().reseal(InputKey(SECRET), InputKey(bytes(32)), REF, 1, body, salt=SALT)
