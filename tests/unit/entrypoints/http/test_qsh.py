"""The query-string hash, held to what Jira's own code signed and to answers worked out by hand."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.qsh import canonical_request, matches, parameters, query_string_hash
from tests.signed_urls import signed_urls


def test_every_canonical_request_is_as_jira_writes_it() -> None:
    """Of each of the 78 URLs the canonical request is, byte for byte, the published one."""
    cases = signed_urls().tests
    assert len(cases) == 78
    for case in cases:
        assert canonical_request("get", *case.path_and_query) == case.canonical_url, case.name


@pytest.mark.parametrize(
    ("method", "path", "query", "base", "canonical"),
    [
        ("GET", "", "", "", "GET&/&"),
        ("get", "/", "", "", "GET&/&"),
        ("POST", "/connect/installed", "", "", "POST&/connect/installed&"),
        ("GET", "/a/", "", "", "GET&/a&"),
        ("GET", "/a//", "", "", "GET&/a/&"),
        ("GET", "/a&b", "", "", "GET&/a%26b&"),
        ("GET", "/app/a", "", "/app", "GET&/a&"),
        ("GET", "/app/a", "", "/app/", "GET&/a&"),
        ("GET", "/app", "", "/app", "GET&/&"),
        ("GET", "/apple", "", "/app", "GET&/apple&"),
        ("GET", "/a%2Fb", "", "", "GET&/a%2Fb&"),
        ("GET", "/a", "b", "", "GET&/a&b="),
        ("GET", "/a", "=b&c=d&&", "", "GET&/a&c=d"),
        ("GET", "/a", "a=b=c", "", "GET&/a&a=b%3Dc"),
        ("GET", "/a", "a=1;b=2", "", "GET&/a&a=1%3Bb%3D2"),
        ("GET", "/a", "jwt=x&JWT=y", "", "GET&/a&JWT=y"),
        ("GET", "/a", "%6Awt=x&a=1", "", "GET&/a&a=1"),
        ("GET", "/a", "a=%e4%b8%ad", "", "GET&/a&a=%E4%B8%AD"),
        ("GET", "/a", "a=%FF", "", "GET&/a&a=%EF%BF%BD"),
        ("GET", "/a", "a=%zz", "", "GET&/a&a=%25zz"),
        ("GET", "/a", "a=%F0%9F%98%80&a=%EF%BF%BD", "", "GET&/a&a=%F0%9F%98%80,%EF%BF%BD"),
    ],
)
def test_canonical_requests(method: str, path: str, query: str, base: str, canonical: str) -> None:
    """What is special about paths, names and values; the last line is sorted as UTF-16, not by code point."""
    assert canonical_request(method, path, query, base) == canonical


def test_a_known_hash() -> None:
    """`GET /` has the hash that Atlassian's documentation names."""
    known = "c88caad15a1c1a900b8ac08aa9686f4e8184539bea1deda36e2f649430df3239"
    assert query_string_hash("GET", "/", "") == known
    assert matches(known, "GET", "/", "")


def test_a_path_may_be_hashed_decoded_once() -> None:
    """Where the path has escapes the hash of the decoded one is accepted too, but not decoded twice."""
    assert matches(query_string_hash("GET", "/a b", ""), "GET", "/a%20b", "")
    assert matches(query_string_hash("GET", "/a%20b", ""), "GET", "/a%20b", "")
    assert matches(query_string_hash("GET", "/a%20b", ""), "GET", "/a%2520b", "")
    assert not matches(query_string_hash("GET", "/a b", ""), "GET", "/a%2520b", "")


@pytest.mark.parametrize("claimed", ["", "context-qsh", "\u00e9", "\ud800", "C88C"])
def test_anything_else_does_not_match(claimed: str) -> None:
    """A claim that is no hash is just another one that does not match."""
    assert not matches(claimed, "GET", "/", "")


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=5))
def test_any_text_survives_a_query(pairs: list[tuple[str, str]]) -> None:
    """Whatever a query holds, its pairs come out in order; its hash depends on no order and no token."""
    encodable = [(name, value) for name, value in pairs if name.isprintable() and value.isprintable()]
    query = urlencode(encodable)
    assert parameters(query) == encodable
    shuffled = urlencode(list(reversed(encodable)))
    assert query_string_hash("GET", "/", f"{shuffled}&jwt=x") == query_string_hash("GET", "/", query)
