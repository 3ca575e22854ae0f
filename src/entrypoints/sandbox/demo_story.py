"""What the demo shows: a site installs the app, and two of its users shape a panorama."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
import msgspec
from rich.console import Console
from rich.text import Text

from entrypoints.sandbox.demo_client import Action, Caller, Outline, tell, through_connect, through_forge
from entrypoints.sandbox.demo_documents import reference_documents
from entrypoints.sandbox.demo_view import drawing, marks
from entrypoints.sandbox.forge import ForgeSite
from entrypoints.sandbox.jira import ConnectSite, SandboxJira

_NAME: Final = "Release 1.0"
_FORGE_NAME: Final = "Through Forge"
_IMPORT_KEY: Final = "demo import"
_LEAF: Final = 2
"""The depth of what is right below a group."""

_PATIENCE: Final = 10.0
"""How many seconds an event may take to arrive before the demo has failed."""

_PLAN: Final = {
    "Discovery": (10_001, 10_002, 10_003, 10_004, 10_005),
    "Design": (10_011, 10_012, 10_013, 10_014),
    "Build": (10_021, 10_022, 10_023, 10_024, 10_025, 10_026),
    "Test": (10_031, 10_032, 10_033, 10_034),
    "Ship": (10_041, 10_042, 10_043, 10_044),
}


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a run of the demo did, for machines."""

    url: str
    openapi: str
    tenant: str
    found: int
    """How many panoramas an earlier run had left."""

    panorama: str
    version: str
    nodes: int
    imported: tuple[str, ...]


class Story:
    """One run."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        jira: SandboxJira,
        site: ConnectSite,
        console: Console,
        forge_site: ForgeSite | None = None,
    ) -> None:
        """Tell of `forge_site` too where the service takes the tokens of the sandbox's Forge."""
        self._client = client
        self._jira = jira
        self._site = site
        self._console = console
        self._forge_site = forge_site
        self._ann = Caller(client, through_connect(jira, site, "demo-account-ann"))
        self._ben = Caller(client, through_connect(jira, site, "demo-account-ben"))
        self._seen: Outline | None = None
        self._known: set[str] = set()

    async def tell(self) -> Summary:
        """Go through all of it, and return what became of it."""
        await self._install()
        found = await self._ann.panoramas()
        panorama = await self._chosen(found)
        await self._grow(panorama)
        await self._move(panorama)
        await self._batch_and_undo(panorama)
        await self._both_at_once(panorama)
        imported = await self._import()
        if self._forge_site is not None:
            await self._through_forge(self._forge_site)
        outline = await self._ann.outline(panorama)
        self._console.print(drawing(outline, {}, whole=True))
        return Summary(
            url=str(self._client.base_url).rstrip("/"),
            openapi=str(self._client.base_url.join("/schema")),
            tenant=f"jira:{self._site.client_key}",
            found=len(found),
            panorama=panorama,
            version=outline.version,
            nodes=len(outline.nodes),
            imported=tuple(imported),
        )

    async def _install(self) -> None:
        await tell(self._client, self._jira.installed(self._site))
        self._say("Jira tells of the installation, signed with RS256; the service fetched the key and stored it.")

    async def _chosen(self, found: Sequence[dict[str, Any]]) -> str:
        """Return the panorama of an earlier run, or a new one."""
        left = next((str(each["id"]) for each in found if each["name"] == _NAME), None)
        if left is None:
            self._say(f"Ann begins the panorama “{_NAME}”.")
            return await self._ann.begin(_NAME)
        self._seen = await self._ann.outline(left)
        self._say(f"An earlier run left {len(found)} panoramas; it goes on with “{_NAME}”, at {self._seen.version}.")
        return left

    async def _grow(self, panorama: str) -> None:
        """Add what is missing of the plan, for a run may have been interrupted; else one more group."""
        groups = {row[3] for row in (await self._ann.outline(panorama)).nodes if row[2] == "GROUP"}
        number = len(groups)
        missing = {title: issues for title, issues in _PLAN.items() if title not in groups}
        for title, issues in (missing or {f"Run {number}": (10_100 + number, 10_200 + number)}).items():
            await self._add_group(panorama, title, issues)

    async def _add_group(self, panorama: str, title: str, issues: Sequence[int]) -> None:
        """Add a group behind everything else, and its issues in order."""
        top = [row[0] for row in (await self._ann.outline(panorama)).nodes if row[1] == 1]
        actions: list[Action] = [_added("GROUP", -1, {"after": top[-1] if top else None}, title=title)]
        for number, issue in enumerate(issues):
            place = {"under": -1, "after": -1 - number if number else None}
            actions.append(_added("ISSUE", -2 - number, place, issue=issue))
        await self._ann.change(panorama, actions)
        await self._show(panorama)

    async def _move(self, panorama: str) -> None:
        groups, issues = await self._nodes(panorama)
        await self._ann.change(panorama, [_moved(issues[0], groups[-1]), _moved(issues[1], issues[2])])
        self._say("Ann moves two issues, one of them below another.")
        await self._show(panorama)

    async def _batch_and_undo(self, panorama: str) -> None:
        groups, issues = await self._nodes(panorama)
        actions = [
            _added("NOTE", -2, {"under": groups[0]}, title="Ask the customer first"),
            _added("GROUP", -1, {}, title="Later"),
            *(_moved(issue, -1) for issue in issues[-3:]),
            {"action": "remove", "node": groups[1]},
        ]
        await self._ann.change(panorama, actions)
        self._say("Ann sends a batch: a note, a new group with three issues moved into it, a group removed.")
        await self._show(panorama)
        change = await self._ann.undo(panorama)
        self._say(f"She takes the whole batch back; the undo is version {change.version} of the history.")
        await self._show(panorama)

    async def _both_at_once(self, panorama: str) -> None:
        """Two users change the same panorama at the same moment, and one of them sees it happen."""
        seen = await self._ann.outline(panorama)
        groups, _ = await self._nodes(panorama)
        async with self._ann.listening(panorama, seen.version) as events:
            changes = await asyncio.gather(
                self._ann.change(panorama, [_added("NOTE", -1, {"under": groups[0]}, title="From Ann")]),
                self._ben.change(panorama, [_added("NOTE", -1, {"under": groups[0]}, title="From Ben")]),
            )
            versions = sorted(change.version for change in changes)
            self._say(f"Ann and Ben change it at the same moment; both are in, as versions {' and '.join(versions)}.")
            async with asyncio.timeout(_PATIENCE):
                seen_version = await anext(each.version async for each in events if each.author == changes[1].author)
            self._say(f"Ann's page sees Ben's change, version {seen_version}, come in over its event stream.")
        await self._show(panorama)

    async def _import(self) -> list[str]:
        imported = await self._ann.bring_in(reference_documents(self._site.client_key), _IMPORT_KEY)
        self._say("Ann imports documents of the reference system; repeated, the import doubles nothing.")
        for panorama in imported:
            self._console.print(drawing(await self._ann.outline(panorama), {}, whole=True))
        return imported

    async def _through_forge(self, site: ForgeSite) -> None:
        """A page calls before Forge tells of the installation, and after a re-installation finds what there was."""
        cem, dora = (
            Caller(self._client, through_forge(self._jira, site, f"demo-account-{n}")) for n in ("cem", "dora")
        )
        found = [str(each["id"]) for each in await cem.panoramas()]
        begun = found[0] if found else await cem.begin(_FORGE_NAME)
        await tell(self._client, self._jira.forge.installed(site))
        self._say("On a site with Forge, Cem's page calls before the installation is told; both lead to one tenant.")
        self._jira.forge.reinstall(site)
        await tell(self._client, self._jira.forge.hourly(site))
        outline = await dora.outline(begun)
        self._say(f"The app is installed there anew, under another id; Dora finds “{outline.name}” all the same.")

    async def _nodes(self, panorama: str) -> tuple[list[str], list[str]]:
        """Return the groups, and the issues right below them that have nothing below, each from top to bottom."""
        nodes = (await self._ann.outline(panorama)).nodes
        depths = [*(row[1] for row in nodes[1:]), 0]
        leaves = [row[0] for row, next_depth in zip(nodes, depths, strict=True) if next_depth <= _LEAF == row[1]]
        issues = {row[0] for row in nodes if row[2] == "ISSUE"}
        return [row[0] for row in nodes if row[2] == "GROUP"], [leaf for leaf in leaves if leaf in issues]

    async def _show(self, panorama: str) -> None:
        outline = await self._ann.outline(panorama)
        self._console.print(drawing(outline, marks(self._seen, outline, self._known)))
        self._seen = outline
        self._known.update(row[0] for row in outline.nodes)

    def _say(self, sentence: str) -> None:
        self._console.print(Text.assemble(("● ", "cyan"), sentence))


def _added(kind: str, node: int, place: Mapping[str, str | int | None], **about: str | int) -> Action:
    return {"action": "add", "kind": kind, "node": node, "place": place, **about}


def _moved(node: str, under: str | int) -> Action:
    return {"action": "move", "node": node, "place": {"under": under}}
