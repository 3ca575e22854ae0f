"""The bodies of Forge's events: what is told, and what is told again."""

import json

import pytest

from entrypoints.http.tokens.forge_events import ForgeEvent, content_of, event_kind

BARE = {"id": "1f6ea6dc", "eventType": "avi:forge:installed:app", "app": {"id": "a", "version": "1.0.0"}}
RETRY = {"retryData": None, "retryCount": 1, "retryReason": "TIMEOUT_ERROR"}


def body(document: object) -> bytes:
    """Return a body."""
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (BARE, ForgeEvent.INSTALLED),
        ({"payload": BARE}, ForgeEvent.INSTALLED),
        ({**BARE, "eventType": "avi:forge:upgraded:app"}, ForgeEvent.UPGRADED),
        ({**BARE, "eventType": "avi:forge:uninstalled:app"}, ForgeEvent.OTHER),
        ({**BARE, "eventType": ["avi:forge:installed:app"]}, ForgeEvent.OTHER),
        ({"payload": "text", "eventType": "avi:forge:installed:app"}, ForgeEvent.INSTALLED),
        ({"context": {"cloudId": "c"}, "contextToken": "t"}, ForgeEvent.OTHER),
        ([], ForgeEvent.OTHER),
        (None, ForgeEvent.OTHER),
    ],
    ids=str,
)
def test_the_kind_is_one_of_few(told: object, kind: ForgeEvent) -> None:
    """Whatever a body says, only fixed words come of it."""
    assert event_kind(body(told)) is kind


@pytest.mark.parametrize("odd", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_body_of_no_json_is_an_event_like_any_other(odd: bytes) -> None:
    """Its kind is unknown, and it is told from others."""
    assert event_kind(odd) is ForgeEvent.OTHER
    assert content_of(odd) == content_of(odd) != content_of(odd + b" ")


def test_a_repeat_has_the_content_of_the_first() -> None:
    """In either form, in any order of members, and with what Forge adds to it."""
    forms = [
        BARE,
        dict(reversed(BARE.items())),
        {**BARE, "retryContext": RETRY},
        {"payload": BARE},
        {"payload": {**BARE, "retryContext": RETRY}},
        {"payload": BARE, "retryContext": RETRY},
    ]
    assert len({content_of(body(form)) for form in forms}) == 1
    assert content_of(body({**BARE, "id": "another"})) != content_of(body(BARE))
