"""What users do to panoramas, told so that each step of it can be made to fail and the whole can be repeated."""

from abc import ABC, abstractmethod
from typing import ClassVar, Final

from application.exchange.imports import ImportRequest, import_panoramas
from application.panoramas.authoring import Request
from application.panoramas.copies import CopyRequest, copy_past
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.founding import Created, CreateRequest, create_panorama
from application.panoramas.lists import list_panoramas
from application.panoramas.undo import redo, undo
from domain.ids import IssueId, PanoramaId
from domain.panoramas.access import Access
from domain.panoramas.commands import Add, AnyCommand, Archive, Place, Rename, SetAccess
from domain.panoramas.facts import Change, Kind
from tests.fakes.house import ANN, BEN, TENANT, House

KEY = "retry"
"""The idempotency key that a client repeats a request with."""

DOCUMENTS = b"""
{ "_id" : ObjectId("5b582ca5835e130004433401"), "panoramaId" : "5b582c98835e130004433339",
  "parentId" : "5b582c99835e13000443333a", "created" : ISODate("2018-07-25T07:54:13.338Z"),
  "updated" : ISODate("2018-07-25T07:54:13.338Z"), "type" : "ISSUE", "issueId" : NumberLong(12731),
  "tenantId" : "jira:site", "state" : "ACTIVE", "childrenOrder" : [ ],
  "creator" : { "$ref" : "jiraUser", "$id" : ObjectId("5b3640f8f4a17f0004143c40") } }
{ "_id" : ObjectId("5b582ca5835e130004433402"), "panoramaId" : "5b582c98835e130004433340",
  "parentId" : "5b582c99835e13000443333b", "created" : ISODate("2018-07-25T07:54:13.338Z"),
  "updated" : ISODate("2018-07-25T07:54:13.338Z"), "type" : "ISSUE", "issueId" : NumberLong(12732),
  "tenantId" : "jira:site", "state" : "ACTIVE", "childrenOrder" : [ ],
  "creator" : { "$ref" : "jiraUser", "$id" : ObjectId("5b3640f8f4a17f0004143c40") } }
"""


class Scenario(ABC):
    """One request of one user, which can be repeated with the same key, and what is to be seen afterwards."""

    name: ClassVar[str]

    async def prepare(self, house: House) -> PanoramaId:
        """Make what the request needs: a panorama of Ann's with one group, and in it one issue."""
        created = await create_panorama(CreateRequest(TENANT, ANN, "first", "f", name="before"), house.panoramas)
        group = Add(Kind.GROUP, Place(), title="group", node=-1)
        issue = Add(Kind.ISSUE, Place(-1), issue=IssueId(1))
        request = EditRequest(TENANT, created.panorama, ANN, commands=(group, issue))
        await edit_panorama(request, house.panoramas)
        return created.panorama

    @abstractmethod
    async def act(self, house: House, panorama: PanoramaId) -> object:
        """Make the request and return its answer."""

    @abstractmethod
    async def seen(self, house: House, panorama: PanoramaId) -> object:
        """Return what the request is meant to change."""

    before: ClassVar[object]
    """What is seen while the request has not happened."""

    after: ClassVar[object]
    """What is seen once it has, however often it was made."""


async def shown(house: House, panorama: PanoramaId) -> tuple[object, ...]:
    """Return titles and issues, depth first."""
    tree = (await house.panoramas.newest(TENANT, panorama)).tree
    return tuple(node.title if node.issue is None else node.issue for node in tree.walk())


class Creation(Scenario):
    """Begin a panorama."""

    name = "create"
    before = ("before",)
    after = ("before", "new")

    async def act(self, house: House, panorama: PanoramaId) -> Created:
        return await create_panorama(CreateRequest(TENANT, ANN, KEY, "f", name="new"), house.panoramas)

    async def seen(self, house: House, panorama: PanoramaId) -> tuple[str, ...]:
        return tuple(sorted(entry.name for entry in await list_panoramas(TENANT, ANN, house.panoramas)))


class Edit(Scenario):
    """Change a panorama by a batch of commands."""

    commands: ClassVar[tuple[AnyCommand, ...]]

    async def act(self, house: House, panorama: PanoramaId) -> Change:
        request = EditRequest(TENANT, panorama, ANN, key=KEY, fingerprint="f", commands=self.commands)
        return await edit_panorama(request, house.panoramas)

    async def seen(self, house: House, panorama: PanoramaId) -> object:
        return await shown(house, panorama)


class SmallEdit(Edit):
    """Add two issues that the panorama does not hold yet."""

    name = "edit"
    commands = tuple(Add(Kind.ISSUE, Place(), issue=IssueId(number)) for number in (8, 9))
    before = ("group", 1)
    after = (9, 8, "group", 1)


PART_SIZE: Final = 10_000
"""Bytes of a part in these scenarios: a large edit has a hundredth of the nodes that it would need otherwise."""


class LargeEdit(Edit):
    """Add so much that its facts are stored in parts of PART_SIZE, more than one."""

    name = "large edit"
    commands = tuple(Add(Kind.NOTE, Place(), title="\N{ROCKET}" * 255) for _ in range(12))
    before = 2
    after = 14

    async def seen(self, house: House, panorama: PanoramaId) -> int:
        return len(await shown(house, panorama))


class Administration(Edit):
    """Change what the list shows: name, access and archiving at once."""

    name = "administer"
    commands = (Rename("after"), SetAccess(Access(frozenset(), frozenset())), Archive())
    before = ("before", False)
    after = ("after", True)

    async def seen(self, house: House, panorama: PanoramaId) -> tuple[str, bool]:
        (entry,) = await list_panoramas(TENANT, ANN, house.panoramas)
        hidden = not await list_panoramas(TENANT, BEN, house.panoramas)
        assert hidden == entry.archived, "access, name and archiving are one change"
        return entry.name, entry.archived


class Undo(Scenario):
    """Take back the last change."""

    name = "undo"
    before: ClassVar[object] = ("group", 1)
    after: ClassVar[object] = ()

    async def act(self, house: House, panorama: PanoramaId) -> Change:
        return await undo(Request(TENANT, panorama, ANN, key=KEY, fingerprint="f"), house.panoramas)

    async def seen(self, house: House, panorama: PanoramaId) -> object:
        return await shown(house, panorama)


class Redo(Undo):
    """Do again what was taken back."""

    name = "redo"
    before = ()
    after = ("group", 1)

    async def prepare(self, house: House) -> PanoramaId:
        panorama = await super().prepare(house)
        await undo(Request(TENANT, panorama, ANN), house.panoramas)
        return panorama

    async def act(self, house: House, panorama: PanoramaId) -> Change:
        return await redo(Request(TENANT, panorama, ANN, key=KEY, fingerprint="f"), house.panoramas)


class Copying(Creation):
    """Make a panorama of the past of another."""

    name = "copy"

    async def act(self, house: House, panorama: PanoramaId) -> Created:
        request = CopyRequest(TENANT, ANN, KEY, "f", panorama=panorama, at=1, name="new")
        return await copy_past(request, house.panoramas)


class Importing(Scenario):
    """Bring two panoramas in from one file. They come one after the other, and a repeat doubles neither."""

    name = "import"
    before = 1
    after = 3

    async def act(self, house: House, panorama: PanoramaId) -> object:
        request = ImportRequest(TENANT, ANN, KEY, "f", alias="jira:site", content=DOCUMENTS)
        return await import_panoramas(request, house.panoramas)

    async def seen(self, house: House, panorama: PanoramaId) -> int:
        return len(await list_panoramas(TENANT, ANN, house.panoramas))


SCENARIOS: tuple[Scenario, ...] = (
    Creation(),
    SmallEdit(),
    LargeEdit(),
    Administration(),
    Undo(),
    Redo(),
    Copying(),
    Importing(),
)
