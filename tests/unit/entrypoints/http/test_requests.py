"""How bodies are read."""

import pytest

from domain.panoramas.commands import Add, Place
from domain.panoramas.facts import Kind
from entrypoints.http.documents import Batch
from entrypoints.http.problems import ProblemError
from entrypoints.http.requests import decoded


def test_a_body_becomes_what_the_handler_takes() -> None:
    """Actions are commands at once, without a step in between."""
    body = b'{"actions":[{"action":"add","kind":"NOTE","title":"n","place":{"under":-1}}]}'
    assert decoded(body, Batch) == Batch((Add(kind=Kind.NOTE, title="n", place=Place(under=-1)),))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "$"),
        (b'{"actions":7}', "$.actions"),
        (b'{"actions":[{"action":"remove","node":1.5}]}', "$.actions[0].node"),
        (b'{"actions":[{"action":"remove","node":"x","y - at `$.z`":1}]}', "$.actions[0]"),
        (b'{"actions":[{"action":"add","kind":"x - at `$.made-up`","place":{}}]}', "$.actions[0].kind"),
        (b'{"actions":[],"y - at `$.made-up":1}', "$"),
        (b'{"a":' * 100_000, "$"),
    ],
)
def test_a_defect_is_told_by_its_place(body: bytes, place: str) -> None:
    """The place is the decoder's own word; no text of the body gets into it."""
    with pytest.raises(ProblemError) as refused:
        decoded(body, Batch)
    assert refused.value.details == {"at": [place]}
