"""The panoramas of a site: list them, begin one, look at one, copy the past of one."""

from http import HTTPStatus
from typing import Annotated, Final

from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from application.panoramas.copies import CopyRequest
from application.panoramas.founding import Created, CreateRequest, create_panorama
from application.panoramas.lists import Entry, list_panoramas
from application.panoramas.outline import Outline
from application.panoramas.read import read_outline, read_past
from domain.ids import PanoramaId
from entrypoints.http.answers import JSON, Answer, json_answer
from entrypoints.http.documents import (
    CreatedDocument,
    EntryDocument,
    ListDocument,
    NewCopy,
    NewPanorama,
    OutlineDocument,
)
from entrypoints.http.headers import accepts_gzip, entity_tag, is_any, newest_tag, version_text
from entrypoints.http.moments import read_moment
from entrypoints.http.openapi import BODY_PROBLEMS, responses
from entrypoints.http.requests import PAGE, ApiRequest, IdempotencyKey, Limit, PanoramaPath

_REVALIDATE: Final = (b"cache-control", b"private, no-cache")
_VARY: Final = (b"vary", b"accept-encoding")
_GZIP: Final = (b"content-encoding", b"gzip")

After = Annotated[
    str, QueryParameter(pattern=r"^([0-9a-f]{24})?\Z", description="The last panorama of the page before.")
]
At = Annotated[
    str | None,
    QueryParameter(max_length=64, description="The past: a version, or a time with its offset (RFC 3339)."),
]


@get("/api/panoramas", responses=responses(ListDocument))
async def list_all(request: ApiRequest, after: After = "", limit: Limit = PAGE) -> Answer:
    """List the panoramas that the caller may see, in the order of their ids."""
    caller, panoramas = request.user, request.services.panoramas
    entries = await list_panoramas(caller.tenant, caller.user, panoramas, after=after, limit=limit)
    last = entries[-1].panorama if len(entries) == limit else None
    return json_answer(ListDocument([_entry(entry) for entry in entries], last))


@post("/api/panoramas", responses=responses(CreatedDocument, *BODY_PROBLEMS, status=201))
async def begin(request: ApiRequest, data: JSONBody[NewPanorama], idempotency_key: IdempotencyKey = None) -> Answer:
    """Begin an empty panorama, owned by the caller."""
    caller = request.user
    wish = CreateRequest(
        tenant=caller.tenant,
        user=caller.user,
        name=data.name,
        key=idempotency_key or "",
        fingerprint=await request.fingerprint(idempotency_key),
    )
    return created_answer(await create_panorama(wish, request.services.panoramas), request.epoch)


@get("/api/panoramas/{panorama:str}", responses=responses(OutlineDocument, 304, 410))
async def show(
    request: ApiRequest,
    panorama: PanoramaPath,
    at: At = None,
) -> Answer:
    """Show a panorama as it is, or as it was; nodes come depth-first."""
    if at is None:
        return await _newest(request, panorama)
    caller, moment = request.user, read_moment(at, request.epoch)
    outline = await read_past(caller.tenant, panorama, caller.user, moment, request.services.panoramas)
    return _outline_answer(outline, request)


@post("/api/panoramas/{panorama:str}/copies", responses=responses(CreatedDocument, 410, *BODY_PROBLEMS, status=201))
async def copy(
    request: ApiRequest, panorama: PanoramaPath, data: JSONBody[NewCopy], idempotency_key: IdempotencyKey = None
) -> Answer:
    """Begin a new panorama from the past of another, owned by the caller.

    A moment that its history does not reach is taken from the backups; `past-out-of-reach` says in `windows` which
    moments these lead to. Of a panorama that is gone, its owner gets the past so, for himself alone. It may take longer
    than a request: `past-under-way` asks for the same request again, which with the same idempotency key goes on.
    """
    wish = CopyRequest(
        tenant=request.user.tenant,
        user=request.user.user,
        panorama=panorama,
        at=data.at if isinstance(data.at, int) else read_moment(data.at, request.epoch),
        name=data.name,
        key=idempotency_key or "",
        fingerprint=await request.fingerprint(idempotency_key),
    )
    return created_answer(await request.services.copies.copy(wish), request.epoch)


def created_document(created: Created, epoch: int) -> CreatedDocument:
    """Return what the outside is told of a new panorama."""
    return CreatedDocument(created.panorama, version_text(epoch, created.change.version))


def created_answer(created: Created, epoch: int) -> Answer:
    """Answer that a panorama has begun, and where it is."""
    location = f"/api/panoramas/{created.panorama}".encode()
    return json_answer(created_document(created, epoch), 201, [(b"location", location)])


def _entry(entry: Entry) -> EntryDocument:
    return EntryDocument(
        id=entry.panorama,
        name=entry.name,
        owner=entry.owner,
        access=entry.access,
        archived=entry.archived,
        created=entry.created,
        editable=entry.editable,
    )


async def _newest(request: ApiRequest, panorama: PanoramaId) -> Answer:
    """Answer the newest outline, or 304 where the client has it in any encoding."""
    caller, lines = request.user, request.fields(b"if-none-match")
    known = newest_tag(lines, request.epoch)
    version = None if known is None else known.version
    outline = await read_outline(caller.tenant, panorama, caller.user, request.services.panoramas, known=version)
    if outline is None:
        return _unchanged("" if known is None else known.tag)
    if is_any(lines):
        return _unchanged(entity_tag(outline.epoch, outline.version, packed=_takes_gzip(request)))
    return _outline_answer(outline, request)


def _unchanged(tag: str) -> Answer:
    """Answer 304, with the tag under which the client has it."""
    return Answer(b"", HTTPStatus.NOT_MODIFIED, [(b"etag", tag.encode()), _REVALIDATE, _VARY])


def _outline_answer(outline: Outline, request: ApiRequest) -> Answer:
    """Answer the encoded bytes, packed where the client takes that."""
    packed = _takes_gzip(request)
    tag = entity_tag(outline.epoch, outline.version, packed=packed).encode()
    fields = [JSON, (b"etag", tag), _REVALIDATE, _VARY]
    if packed:
        return Answer(outline.packed, fields=[*fields, _GZIP])
    return Answer(outline.body, fields=fields)


def _takes_gzip(request: ApiRequest) -> bool:
    return accepts_gzip(",".join(request.fields(b"accept-encoding")))
