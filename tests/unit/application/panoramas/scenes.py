"""What the tests of panoramas begin with."""

from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.founding import CreateRequest, create_panorama
from domain.ids import IssueId, NodeId, PanoramaId, UserId
from domain.panoramas.commands import Add, AnyCommand, Place
from domain.panoramas.facts import Added, Change, Kind
from tests.fakes.house import ANN, TENANT, House

NAME = "Roadmap"


async def a_panorama(house: House, user: UserId = ANN, name: str = NAME) -> PanoramaId:
    """Begin an empty panorama."""
    return (await create_panorama(CreateRequest(TENANT, user, name=name), house.panoramas)).panorama


async def edited(
    house: House, panorama: PanoramaId, *commands: AnyCommand, user: UserId = ANN, key: str = "", fingerprint: str = ""
) -> Change:
    """Commit one batch."""
    request = EditRequest(TENANT, panorama, user, key=key, fingerprint=fingerprint, commands=commands)
    return await edit_panorama(request, house.panoramas)


def group(title: str, under: str | int | None = None, node: int | None = None) -> Add:
    """Ask for a group, first below `under`."""
    return Add(Kind.GROUP, Place(under), title=title, node=node)


def issue(number: int, under: str | int | None = None) -> Add:
    """Ask for an issue, first below `under`."""
    return Add(Kind.ISSUE, Place(under), issue=IssueId(number))


def node_of(change: Change) -> NodeId:
    """Return the node that a change has added first."""
    return next(fact.node for fact in change.facts if isinstance(fact, Added))


async def titles(house: House, panorama: PanoramaId) -> list[str | int | None]:
    """Return what the tree shows, depth first."""
    tree = (await house.panoramas.newest(TENANT, panorama)).tree
    return [node.title if node.issue is None else node.issue for node in tree.walk()]
