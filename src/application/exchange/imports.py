"""Bring panoramas in from a file: all of them, or, if anything is wrong with the file, none."""

import asyncio
from typing import Final

import msgspec

from application.exchange.facts import founding_facts
from application.exchange.reading import read_import
from application.exchange.sources import SourcePanorama
from application.panoramas.founding import Created, Founder, found, panorama_id
from application.panoramas.repository import Panoramas

_THREAD_FROM: Final = 100_000
"""From how many bytes on a file is read in a thread, so that nobody else waits for it."""


class ImportRequest(Founder, frozen=True, kw_only=True):
    """Asks for the panoramas in a file: the service's own JSON, or documents of the reference system."""

    alias: str
    """The tenant's name in the documents: `jira:<clientKey>`."""

    content: bytes


class Imported(msgspec.Struct, frozen=True):
    """The panoramas that were made, in the order of the file."""

    panoramas: tuple[Created, ...]
    notes: tuple[str, ...]
    """What was left out, by ids and positions only."""


async def import_panoramas(request: ImportRequest, panoramas: Panoramas) -> Imported:
    """Make a panorama, owned by who asks, for each one in the file; nodes keep their ids, creators and times.

    Raises ImportRefused with every defect, and then nothing was kept; KeyReused. A file that makes several panoramas
    may be cut short by a failure: repeated with the same idempotency key, it goes on and doubles nothing.
    """
    if len(request.content) < _THREAD_FROM:
        sources, notes = read_import(request.content, request.alias)
    else:
        sources, notes = await asyncio.to_thread(read_import, request.content, request.alias)
    created = [await _found(source, request, number, panoramas) for number, source in enumerate(sources)]
    return Imported(panoramas=tuple(created), notes=notes)


async def _found(source: SourcePanorama, request: ImportRequest, number: int, panoramas: Panoramas) -> Created:
    founder = Founder(
        tenant=request.tenant,
        user=request.user,
        key=_key(request.key, number),
        fingerprint=request.fingerprint,
    )
    panorama = panorama_id(founder, panoramas)
    return await found(founder, panorama, founding_facts(source, panorama, request.user), panoramas)


def _key(key: str, number: int) -> str:
    """Return the key of one panorama of the file. A line break is in no key that comes over HTTP."""
    return f"{key}\n{number}" if key and number else key
