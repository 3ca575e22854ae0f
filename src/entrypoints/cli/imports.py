"""Brings files in, for operators."""

import asyncio
import hashlib
from pathlib import Path

import msgspec

from application.exchange.imports import ImportRequest, import_panoramas
from application.exchange.reading import read_import
from domain.errors import NotInstalled
from domain.ids import UserId
from domain.tenants import Tenant, is_served
from entrypoints.cli.exits import Refusal
from entrypoints.cli.output import Output
from entrypoints.cli.services import tenant_named
from entrypoints.core_services import CoreServices


class FileImport(msgspec.Struct, frozen=True):
    """Asks for the panoramas of several files."""

    tenant: str
    """The alias."""

    account: str
    """The Atlassian account that will own them."""

    files: tuple[Path, ...]
    keep: bool
    """False: only check."""


class Imported(msgspec.Struct, frozen=True):
    """What became of one file."""

    file: str
    count: int
    """How many panoramas it holds."""

    panoramas: tuple[str, ...]
    """The ids of those that were begun; none where nothing was to be kept."""

    notes: tuple[str, ...]
    """What was left out, by ids and positions only."""


async def import_files(wish: FileImport, services: CoreServices, output: Output) -> list[Imported]:
    """Check every file first, then bring each in; raises Refusal, ImportRefused, NotInstalled."""
    tenant = await tenant_named(wish.tenant, services)
    if not is_served(tenant):
        raise NotInstalled
    contents = [_content(path) for path in wish.files]
    checked = [
        await asyncio.to_thread(_checked, content, path, tenant)
        for path, content in output.tracked(list(zip(wish.files, contents, strict=True)), "checking")
    ]
    if not wish.keep:
        return checked
    user = await services.users.internal_id(tenant.id, wish.account)
    return [
        await _brought_in(path, content, tenant, user, services)
        for path, content in output.tracked(list(zip(wish.files, contents, strict=True)), "importing")
    ]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise Refusal(f"{path} cannot be read ({exc.strerror})", "check its path and mode") from exc


def _checked(content: bytes, path: Path, tenant: Tenant) -> Imported:
    sources, notes = read_import(content, tenant.alias)
    return Imported(str(path), len(sources), (), notes)


async def _brought_in(path: Path, content: bytes, tenant: Tenant, user: UserId, services: CoreServices) -> Imported:
    """A key that follows from the content makes a repeat find what the first try has begun."""
    digest = hashlib.sha256(content).hexdigest()
    request = ImportRequest(
        tenant=tenant.id, user=user, alias=tenant.alias, content=content, key=f"file {digest}", fingerprint=digest
    )
    imported = await import_panoramas(request, services.panoramas)
    made = tuple(created.panorama for created in imported.panoramas)
    return Imported(str(path), len(made), made, imported.notes)
