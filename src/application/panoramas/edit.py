"""Change a panorama by a batch of commands."""

from application.panoramas.authoring import Plan, Request, author
from application.panoramas.cache import Loaded
from application.panoramas.repository import Panoramas
from domain.panoramas.commands import AnyCommand
from domain.panoramas.decide import decide
from domain.panoramas.facts import Change


class EditRequest(Request, frozen=True, kw_only=True):
    """One batch of commands, accepted or refused as a whole."""

    commands: tuple[AnyCommand, ...]


async def edit_panorama(request: EditRequest, panoramas: Panoramas) -> Change:
    """Decide and commit one batch; retried against newer versions until accepted or refused.

    A batch that changes nothing is answered with a change without facts. Raises the domain's refusals.
    """

    async def plan(loaded: Loaded) -> Plan:
        decision = decide(loaded.tree, request.commands, request.user, panoramas.ids.node)
        return Plan(decision.facts, decision.made)

    return await author(request, panoramas, plan)
