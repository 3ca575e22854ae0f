"""Adding a manifest to the chain, once everything that it names can be had and opened."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from application.backups.book import Entry, encoded
from application.backups.delivery import Delivery
from application.backups.ground import Ground
from application.backups.names import OBJECTS
from application.backups.packs import Packed, indexed
from application.backups.vault_copies import Overtaken, VaultCopies
from domain.backups.manifests import Contents, Manifest, Piece, Scan, next_position


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a manifest is to say."""

    contents: Contents
    objects: tuple[Packed, ...] = ()
    """What it names and no store has yet."""

    pieces: tuple[Piece, ...] = ()
    """What it names and the stores have already."""

    indexes: tuple[Piece, ...] = ()
    """What they have already and holds the contents."""

    complete: bool = True
    covered: datetime | None = None
    oldest: datetime | None = None
    scan: Scan | None = None


class Committing:
    """Makes manifests for one site."""

    def __init__(self, ground: Ground, vault: VaultCopies, delivery: Delivery) -> None:
        self._ground = ground
        self._vault = vault
        self._delivery = delivery

    async def commit(self, newest: Entry | None, draft: Draft) -> Entry:
        """Add the manifest that follows `newest` and return it; the objects of the draft are put into the stores first.

        Raises Overtaken where another process has added one meanwhile or the epoch is over, Unavailable where no store
        takes anything.
        """
        epoch = self._ground.epoch()
        position = next_position(None if newest is None else newest.position, epoch)
        if position is None:
            raise Overtaken
        objects = draft.objects
        manifest = Manifest(
            position=position,
            site=self._ground.site,
            created=self._ground.clock(),
            predecessor=None if newest is None else newest.chained.link,
            vault=await self._vault.sufficient(draft.contents.keys, epoch),
            pieces=(*draft.pieces, *(each.piece for each in objects)),
            contents=Contents() if draft.indexes else draft.contents,
            indexes=draft.indexes,
            complete=draft.complete,
            covered=draft.covered,
            oldest=draft.oldest,
            scan=draft.scan,
        )
        if len(encoded(manifest)) > self._ground.sizes.inline_contents and not draft.indexes:
            index = indexed(draft.contents, manifest.pieces)
            objects = (*objects, index)
            manifest = replace(manifest, contents=Contents(), indexes=(index.piece,))
        takers = await self._ground.spreading.spread(OBJECTS, objects)
        entry = await self._ground.book.commit(manifest)
        if entry is None:
            raise Overtaken
        self._delivery.put(takers, (each.piece for each in objects))
        return entry
