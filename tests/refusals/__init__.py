"""Requests that nobody may get through with: one table, tried on the verifier itself and again over HTTP."""

from tests.refusals.context import context_tokens
from tests.refusals.forge import forge_tokens
from tests.refusals.forms import forms
from tests.refusals.installations import installation_bodies, installation_tokens
from tests.refusals.others import events, pages, switches
from tests.refusals.scene import Refusal


def refusals() -> list[Refusal]:
    """Return the whole table."""
    parts = (
        forms(),
        context_tokens(),
        forge_tokens(),
        installation_tokens(),
        installation_bodies(),
        switches(),
        events(),
        pages(),
    )
    return [refusal for part in parts for refusal in part]
