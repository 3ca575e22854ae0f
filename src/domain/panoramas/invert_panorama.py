"""How each fact about the panorama itself is made true when it has gone on since."""

from domain.errors import ActionRefused, BuiltUpon
from domain.panoramas.decide_checks import check_owner
from domain.panoramas.facts import AccessChanged, Archived, Discarded, Forgotten, Opened, Renamed
from domain.panoramas.invert_draft import Again
from domain.panoramas.refusals import Built, Refusal


def open_again(_draft: Again, _fact: Opened) -> None:
    """A panorama is opened once."""
    raise ActionRefused(Refusal.OPENED)


def forget_again(_draft: Again, _fact: Forgotten | Discarded) -> None:
    """What is gone for good is forgotten once, by the service alone."""
    raise ActionRefused(Refusal.FORGOTTEN)


def rename(draft: Again, fact: Renamed) -> None:
    """Give the panorama another name if it still has this one."""
    if draft.tree.name != fact.from_name:
        raise BuiltUpon(Built.RENAMED)
    draft.record(fact)


def change_access(draft: Again, fact: AccessChanged) -> None:
    """Change the access if it is still this; the owner only."""
    check_owner(draft.tree, draft.user)
    if draft.tree.access != fact.from_access:
        raise BuiltUpon(Built.ACCESS_CHANGED)
    draft.record(fact)


def archive(draft: Again, fact: Archived) -> None:
    """Put the panorama away or bring it back if that is still to be done; the owner only."""
    check_owner(draft.tree, draft.user)
    if draft.tree.archived == fact.to:
        raise BuiltUpon(Built.ARCHIVED)
    draft.record(fact)
