"""The backups of the site that a configuration names, put together over what has been opened."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from application.backups.backups import Backups
from application.backups.ground import Ground
from application.backups.residue import VaultCopySearcher
from application.backups.stores import Store
from application.drills.job import Drills, Opened
from application.keys.uses import GenerationUses, NobodyElse
from application.keys.vault import KeyVault
from application.maintenance.jobs import Job
from application.panoramas.repository import Panoramas
from application.restore.copies import PastCopies
from application.restore.gathering import Scratch
from application.retention.copies import Copies, NoCopies
from application.retention.residue import Searcher, every_searcher
from application.sealing.records import Records
from entrypoints.clouds import cloud_of_region, cloud_of_store, name_of_store
from entrypoints.configuration_addresses import Address
from entrypoints.configuration_file import Settings
from entrypoints.drilling import Used, drills, elsewhere
from entrypoints.outside import Outside
from ports.blobs import BlobStore
from ports.sources import Clock, Random


def store_at(address: Address, blobs: BlobStore) -> Store:
    """Return an opened blob store as one that backups go to."""
    return Store(name_of_store(address), cloud_of_store(address), blobs)


def backups_of(
    settings: Settings, outside: Outside, epoch: Callable[[], int], clock: Clock, random: Random
) -> Backups | None:
    """Return the backups of the active site; None where it names no blob stores, and so has none."""
    if not outside.stores:
        return None
    configuration = settings.configuration
    return Backups(
        Ground(outside.storage, outside.stores, configuration.active, epoch, clock),
        outside.vault_storage,
        configuration.backups.retention(configuration.policy.vault_copies),
        configuration.policy,
        random,
        cloud=cloud_of_region(configuration.site.region),
        prune=configuration.backups.prune,
        drills=Drills(
            drills(settings, elsewhere(settings, outside), clock, random), _deep(settings, outside, clock, random)
        ),
    )


def _deep(settings: Settings, outside: Outside, clock: Clock, random: Random) -> Mapping[str, Opened]:
    return {
        store.name: drills(settings, Used([store], outside.keys, elsewhere=False), clock, random)
        for store in outside.stores
    }


def copies_of(backups: Backups | None) -> Copies:
    """Return what a purge has to know of the backups."""
    return NoCopies() if backups is None else backups.copies


def uses_of(backups: Backups | None) -> GenerationUses:
    """Return what knows which keys the backups need."""
    return NobodyElse() if backups is None else backups.uses


def past_copies_of(
    panoramas: Panoramas, backups: Backups | None, scratch: Callable[[], AbstractAsyncContextManager[Scratch]]
) -> PastCopies:
    """Return what copies the past of panoramas, from the backups too where there are some."""
    return PastCopies(panoramas, None if backups is None else backups.ground, scratch)


def searchers_of(
    records: Records, vault: KeyVault, blobs: Sequence[BlobStore], backups: Backups | None
) -> list[Searcher]:
    """Return a searcher for each place where something of a tenant could be left, the copies of the vault included."""
    stores = () if backups is None else backups.ground.stores
    return [*every_searcher(records, vault, blobs), *map(VaultCopySearcher, stores)]


def with_backups(jobs: Sequence[Job], backups: Backups | None) -> list[Job]:
    """Return all jobs, those of the backups included."""
    return [*jobs, *(() if backups is None else backups.jobs)]
