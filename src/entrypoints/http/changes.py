"""Change a panorama, take changes back, and read what changed."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated, Final, Literal, TypeVar

from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from application.panoramas.authoring import Request as Authoring
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.read import read_changes
from application.panoramas.repository import Panoramas
from application.panoramas.undo import redo, undo
from domain.errors import VersionMissing, VersionMoved
from domain.ids import PanoramaId
from domain.panoramas.facts import Change
from entrypoints.http.answers import Answer, json_answer
from entrypoints.http.documents import Batch, ChangeDocument, ChangesDocument, change_document, changes_document
from entrypoints.http.headers import entity_tag, read_version, version_text
from entrypoints.http.openapi import BODY_PROBLEMS, responses
from entrypoints.http.problems import ProblemError
from entrypoints.http.requests import PAGE, ApiRequest, IdempotencyKey, IfMatch, Limit, PanoramaPath, VersionAfter

SHOWN: Final = 100
"""How many of the changes since the expected version a strict request is told."""

Wish = TypeVar("Wish", bound=Authoring)
Order = Annotated[Literal["oldest", "newest"], QueryParameter(description="Which end of the history comes first.")]


@get("/api/panoramas/{panorama:str}/changes", responses=responses(ChangesDocument, 410))
async def history(
    request: ApiRequest, panorama: PanoramaPath, after: VersionAfter = "0", limit: Limit = PAGE, order: Order = "oldest"
) -> Answer:
    """Read the history beyond `after` in either direction; a short page is the last one.

    An `after` that is so old that what follows it is folded away is the problem `version-missing`: load the panorama.
    """
    caller, panoramas, version = request.user, request.services.panoramas, read_version(after, request.epoch)
    changes = await read_changes(
        caller.tenant, panorama, caller.user, panoramas, after=version, limit=limit, newest_first=order == "newest"
    )
    return json_answer(changes_document(changes, request.epoch))


@post(
    "/api/panoramas/{panorama:str}/changes", status_code=200, responses=responses(ChangeDocument, 409, *BODY_PROBLEMS)
)
async def change(
    request: ApiRequest,
    panorama: PanoramaPath,
    data: JSONBody[Batch],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Answer:
    """Carry out a batch of actions, all of them or none."""
    wish = EditRequest(
        tenant=request.user.tenant,
        panorama=panorama,
        user=request.user.user,
        commands=data.actions,
        expected=request.expected(if_match),
        key=idempotency_key or "",
        fingerprint=await request.fingerprint(idempotency_key),
    )
    return await _carried_out(request, wish, edit_panorama)


@post("/api/panoramas/{panorama:str}/undo", status_code=200, responses=responses(ChangeDocument, 409, 422))
async def take_back(
    request: ApiRequest, panorama: PanoramaPath, if_match: IfMatch = None, idempotency_key: IdempotencyKey = None
) -> Answer:
    """Take back the caller's own last change; repeated, the one before it."""
    return await _carried_out(request, await _plain(request, panorama, if_match, idempotency_key), undo)


@post("/api/panoramas/{panorama:str}/redo", status_code=200, responses=responses(ChangeDocument, 409, 422))
async def do_again(
    request: ApiRequest, panorama: PanoramaPath, if_match: IfMatch = None, idempotency_key: IdempotencyKey = None
) -> Answer:
    """Do again what the caller took back last."""
    return await _carried_out(request, await _plain(request, panorama, if_match, idempotency_key), redo)


async def _plain(request: ApiRequest, panorama: PanoramaId, if_match: str | None, key: str | None) -> Authoring:
    return Authoring(
        tenant=request.user.tenant,
        panorama=panorama,
        user=request.user.user,
        expected=request.expected(if_match),
        key=key or "",
        fingerprint=await request.fingerprint(key),
    )


async def _carried_out(
    request: ApiRequest, wish: Wish, use_case: Callable[[Wish, Panoramas], Awaitable[Change]]
) -> Answer:
    """Answer what the change did; a strict request that comes too late is told what changed since."""
    try:
        change = await use_case(wish, request.services.panoramas)
    except VersionMoved as moved:
        raise await _moved(request, wish, moved) from moved
    tag = entity_tag(request.epoch, change.version).encode()
    return json_answer(change_document(change, request.epoch), fields=[(b"etag", tag)])


async def _moved(request: ApiRequest, wish: Authoring, moved: VersionMoved) -> ProblemError:
    """Return the problem with the first changes since the version that the request names, if they are there."""
    panoramas, changes = request.services.panoramas, list[Change]()
    with suppress(VersionMissing):
        changes = await read_changes(
            wish.tenant, wish.panorama, wish.user, panoramas, after=moved.expected, limit=SHOWN
        )
    newest = version_text(request.epoch, moved.newest)
    return ProblemError(moved.code, newest=newest, changes=changes_document(changes, request.epoch).changes)
