"""Panoramas as files: out in several forms, and in again."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from litestar import get, post
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, RequestBody, Schema
from litestar.params import QueryParameter

from application.exchange.export_csv import Table
from application.exchange.export_reference import Site
from application.exchange.exports import ExportRequest, Form, export_panorama
from application.exchange.imports import ImportRequest, import_panoramas
from entrypoints.http.answers import Answer, json_answer
from entrypoints.http.documents import ImportedDocument
from entrypoints.http.guards import served
from entrypoints.http.openapi import BODY_PROBLEMS, responses
from entrypoints.http.panoramas import created_document
from entrypoints.http.problems import ProblemError
from entrypoints.http.requests import ApiRequest, IdempotencyKey, PanoramaPath

_MEDIA_TYPES: Final = {
    Form.JSON: ("application/json", "json"),
    Form.CSV: ("text/csv; charset=utf-8", "csv"),
    Form.REFERENCE: ("application/x-ndjson", "ndjson"),
}
"""What an export is, and how its name ends."""

_FILES: Final = ("application/json", "application/x-ndjson", "text/plain")
"""What a file that comes in may call itself."""

Wanted = Annotated[Form, QueryParameter(name="format", description="`reference` is MongoDB extended JSON.")]

Bom = Annotated[bool | None, QueryParameter(description="Whether a byte order mark comes first, as Excel needs it.")]
Program = Annotated[
    Literal["excel"] | None,
    QueryParameter(name="for", description="For Excel ids are texts, and a byte order mark comes first."),
]


@dataclass
class _Export(Operation):
    """Describes the forms of a file that goes out."""

    def __post_init__(self) -> None:
        answer = (self.responses or {})["200"]
        if isinstance(answer, OpenAPIResponse):
            forms = (media_type.partition(";")[0] for media_type, _ in _MEDIA_TYPES.values())
            answer.content = {form: OpenAPIMediaType(schema=Schema()) for form in forms}


@dataclass
class _Import(Operation):
    """Describes the body that comes in, which Litestar does not read."""

    def __post_init__(self) -> None:
        content = {form: OpenAPIMediaType(schema=Schema()) for form in _FILES}
        self.request_body = RequestBody(content=content, required=True)


@get("/api/panoramas/{panorama:str}/export", operation_class=_Export, responses=responses(None))
async def export(
    request: ApiRequest,
    panorama: PanoramaPath,
    form: Wanted = Form.JSON,
    bom: Bom = None,
    program: Program = None,
) -> Answer:
    """Give out the newest state of a panorama as a file; `bom` and `for` are about `csv` alone."""
    table = _table(form, bom=bom, program=program)
    caller, services = request.user, request.services
    tenant = await served(services, caller.tenant)
    site = Site(alias=tenant.alias, base_url=tenant.site.base_url, installed=True)
    wish = ExportRequest(tenant=caller.tenant, user=caller.user, panorama=panorama, form=form, site=site, table=table)
    content = await export_panorama(wish, services.panoramas)
    media_type, ending = _MEDIA_TYPES[form]
    disposition = f'attachment; filename="panorama-{panorama}.{ending}"'
    fields = [(b"content-type", media_type.encode()), (b"content-disposition", disposition.encode())]
    return Answer(content, fields=fields)


def _table(form: Form, *, bom: bool | None, program: str | None) -> Table:
    """Return how a table is wanted; raises the problem `request-invalid` where no table is."""
    given = {"bom": bom, "for": program}
    if form is not Form.CSV and (unfit := [name for name, value in given.items() if value is not None]):
        raise ProblemError("request-invalid", at=unfit)
    excel = program is not None
    return Table(bom=excel if bom is None else bom, excel=excel)


@post(
    "/api/panoramas/imports", operation_class=_Import, responses=responses(ImportedDocument, *BODY_PROBLEMS, status=201)
)
async def bring_in(request: ApiRequest, idempotency_key: IdempotencyKey = None) -> Answer:
    """Begin the panoramas of a file: our own JSON, or MongoDB extended JSON of the reference system."""
    request.require_media_type(*_FILES)
    wish = ImportRequest(
        tenant=request.user.tenant,
        user=request.user.user,
        alias=(await served(request.services, request.user.tenant)).alias,
        content=await request.body(),
        key=idempotency_key or "",
        fingerprint=await request.fingerprint(idempotency_key),
    )
    imported = await import_panoramas(wish, request.services.panoramas)
    made = [created_document(created, request.epoch) for created in imported.panoramas]
    return json_answer(ImportedDocument(made, imported.notes), 201)
