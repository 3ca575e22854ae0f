"""Key ids: any string may be looked up, and only some become a path of a URL."""

from urllib.parse import unquote, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.tokens import Reason, Refused
from entrypoints.http.tokens.key_ids import KEY_ID_LIMIT, checked_key_id, key_path

ANY = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("/.%25eE\\?#&;:@ \0")), max_size=40)
BASE = "https://keys.example/base"


@pytest.mark.parametrize(
    "key_id", ["a", "forge/invocation-token/wf-0b6c4f0e", "../x", "a//b", "\0", " ", "ä", "k" * KEY_ID_LIMIT]
)
def test_any_string_may_name_a_key(key_id: str) -> None:
    """RFC 7515, section 4.1.4, says nothing of its characters."""
    assert checked_key_id(key_id) == key_id


@pytest.mark.parametrize("key_id", ["", "k" * (KEY_ID_LIMIT + 1)])
def test_a_key_id_is_there_and_not_long(key_id: str) -> None:
    """Nothing, and what is longer than any id, is not looked for."""
    for check in (checked_key_id, key_path):
        with pytest.raises(Refused) as caught:
            check(key_id)
        assert caught.value.reason is Reason.KEY_ID


@pytest.mark.parametrize(
    ("key_id", "path"),
    [
        ("6e6a5bf0-2a5d-4e7e-9d3b-7f1c52a8e001", "6e6a5bf0-2a5d-4e7e-9d3b-7f1c52a8e001"),
        ("issuer/name", "issuer/name"),
        ("issuer/name.v1~x", "issuer/name.v1~x"),
        ("a?b#c", "a%3Fb%23c"),
        ("a b@c:d;e", "a%20b%40c%3Ad%3Be"),
        ("...", "..."),
        ("a%41", "a%2541"),
        ("ä", "%C3%A4"),
    ],
)
def test_an_id_becomes_a_path(key_id: str, path: str) -> None:
    """Each segment stays what it is, with what means something in a URL encoded."""
    assert key_path(key_id) == path


@pytest.mark.parametrize(
    "key_id",
    [
        *(".", "..", "a/..", "../a", "a/./b", "/a", "a/", "a//b", "//host/a"),
        *("%2e%2e/a", "%2E", "%252e%252e", "a%2fb", "a%5cb", "a\\b", "..\\a", "a\0", "a%00", "a\n", "a\x7f", "a\x85"),
        *("\ud800", "a/\udfff"),
    ],
)
def test_an_id_that_leaves_its_place_is_no_path(key_id: str) -> None:
    """Dot segments, empty ones and characters that split a path, in whatever encoding, are refused."""
    with pytest.raises(Refused) as caught:
        key_path(key_id)
    assert caught.value.reason is Reason.KEY_ID


@given(ANY)
def test_a_path_leads_below_its_base(key_id: str) -> None:
    """Whatever is asked for is a document below the base, by exactly that name, also for a client that tidies URLs."""
    try:
        path = key_path(key_id)
    except Refused:
        return
    url = f"{BASE}/{path}"
    sent = httpx.URL(url).raw_path.decode()
    assert sent == f"/base/{path}"
    assert urlsplit(url)[3:] == ("", "")
    assert unquote(path) == key_id
