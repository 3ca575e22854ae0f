"""The commands about the panorama itself."""

from domain.errors import PanoramaArchived
from domain.panoramas.commands import Archive, Rename, SetAccess
from domain.panoramas.decide_batch import Batch
from domain.panoramas.decide_checks import check_access, check_name, check_owner
from domain.panoramas.facts import AccessChanged, Archived, Renamed


def rename(batch: Batch, command: Rename) -> None:
    """Give the panorama another name; the one it has changes nothing."""
    check_name(command.name)
    if command.name != batch.tree.name:
        batch.record(Renamed(batch.tree.name, command.name))


def set_access(batch: Batch, command: SetAccess) -> None:
    """Say who may view and edit; the owner only."""
    check_owner(batch.tree, batch.user)
    check_access(command.access)
    if command.access != batch.tree.access:
        batch.record(AccessChanged(batch.tree.access, command.access))


def archive(batch: Batch, command: Archive) -> None:
    """Put the panorama away or bring it back; the owner only."""
    check_owner(batch.tree, batch.user)
    if batch.tree.archived and command.archived:
        raise PanoramaArchived
    if batch.tree.archived != command.archived:
        batch.record(Archived(command.archived))
