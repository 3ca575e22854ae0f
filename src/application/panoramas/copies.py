"""The past of a panorama as a new panorama."""

from collections.abc import Iterator
from datetime import datetime

from application.panoramas.founding import Created, Founder, found, panorama_id
from application.panoramas.read import tree_at
from application.panoramas.repository import Panoramas
from domain.ids import NodeId, PanoramaId, UserId
from domain.panoramas.access import EVERYONE, Access
from domain.panoramas.decide import open_panorama
from domain.panoramas.facts import AccessChanged, Added, AnyFact, Origin, Synchronised
from domain.panoramas.tree import Tree


class CopyRequest(Founder, frozen=True, kw_only=True):
    """Asks for a copy of a panorama as of a version or a moment."""

    panorama: PanoramaId
    at: int | datetime
    name: str


async def copy_past(request: CopyRequest, panoramas: Panoramas) -> Created:
    """Begin a new panorama with the nodes that another had at some time; the one who asks becomes its owner.

    Nobody sees more than today: the copy has the access of the original, whose owner stays among those named.
    Raises PanoramaMissing, VersionMissing, and what beginning a panorama raises.
    """
    past = await tree_at(request.tenant, request.panorama, request.user, request.at, panoramas)
    today = (await panoramas.visible(request.tenant, request.panorama, request.user)).tree
    panorama = panorama_id(request, panoramas)
    facts = copied(panorama, past, request.name, request.user, access_of(today))
    return await found(request, panorama, facts, panoramas)


def copied(panorama: PanoramaId, past: Tree, name: str, owner: UserId, access: Access) -> tuple[AnyFact, ...]:
    """Return the facts that begin a panorama with the nodes of a tree."""
    given = () if access == EVERYONE else (AccessChanged(EVERYONE, access),)
    return (*open_panorama(panorama, past.root, name, owner), *given, *_nodes(past))


def access_of(tree: Tree) -> Access:
    """Return who may do what with a panorama, for one that has another owner."""
    return Access(_with_owner(tree.access.viewers, tree.owner), _with_owner(tree.access.editors, tree.owner))


def _with_owner(users: frozenset[UserId] | None, owner: UserId) -> frozenset[UserId] | None:
    return None if users is None else users | {owner}


def _nodes(tree: Tree) -> Iterator[AnyFact]:
    last: dict[NodeId, NodeId] = {}
    for node in tree.walk():
        origin = Origin(node.creator, node.created, node.updated)
        yield Added(
            node=node.id,
            kind=node.kind,
            parent=node.parent,
            after=last.get(node.parent),
            issue=node.issue,
            title=node.title,
            origin=origin,
        )
        last[node.parent] = node.id
        if node.synchronised:
            yield Synchronised(node.id, to=True)
