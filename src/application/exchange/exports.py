"""Give a panorama out as a file."""

import asyncio
from enum import Enum

import msgspec

from application.exchange.export_csv import PLAIN, Table, export_csv
from application.exchange.export_json import export_json
from application.exchange.export_reference import Site, export_reference
from application.panoramas.repository import Panoramas
from domain.ids import PanoramaId, TenantId, UserId
from domain.panoramas.tree import Tree


class Form(Enum):
    """What an export looks like."""

    JSON = "json"
    CSV = "csv"
    REFERENCE = "reference"


class ExportRequest(msgspec.Struct, frozen=True):
    """Asks for the newest state of a panorama as a file."""

    tenant: TenantId
    user: UserId
    panorama: PanoramaId
    form: Form
    site: Site
    """The tenant as the reference form tells it."""

    table: Table = PLAIN
    """How a table is written."""


async def export_panorama(request: ExportRequest, panoramas: Panoramas) -> bytes:
    """Return the panorama in that form; raises PanoramaMissing if it is not there or not to be seen."""
    loaded = await panoramas.visible(request.tenant, request.panorama, request.user)
    return await asyncio.to_thread(_written, loaded.tree.frozen(), request)


def _written(tree: Tree, request: ExportRequest) -> bytes:
    if request.form is Form.JSON:
        return export_json(tree)
    if request.form is Form.CSV:
        return export_csv(tree, request.table)
    return export_reference(tree, request.site)
