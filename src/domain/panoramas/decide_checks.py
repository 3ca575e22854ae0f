"""What must be true of a request before it is looked at against the tree."""

import re
from typing import Final

from domain.errors import AccessRefused, ActionRefused, LimitExceeded, PanoramaMissing, TextRefused
from domain.ids import IssueId, UserId
from domain.panoramas.access import Access, may_administer, may_edit, may_view
from domain.panoramas.limits import ISSUE, NAME, TITLE
from domain.panoramas.refusals import Refusal
from domain.panoramas.tree import Tree

_UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and lone surrogates."""

_ID: Final = re.compile("[0-9a-f]{24}")


def check_editor(tree: Tree, user: UserId) -> None:
    """Only an editor may change anything; who may not even view is not told that the panorama exists."""
    if not may_view(tree.access, tree.owner, user):
        raise PanoramaMissing(tree.id)
    if not may_edit(tree.access, tree.owner, user):
        raise AccessRefused


def check_owner(tree: Tree, user: UserId) -> None:
    """Only the owner may change who has access, and archive."""
    if not may_administer(tree.owner, user):
        raise AccessRefused


def check_title(title: str) -> None:
    """A title has 1 to TITLE characters, none of them a control character or a lone surrogate."""
    _check_text("title", title, TITLE)


def check_name(name: str) -> None:
    """A name has 1 to NAME characters, none of them a control character or a lone surrogate."""
    _check_text("name", name, NAME)


def check_issue(issue: IssueId) -> None:
    """An issue id is within Jira's range."""
    if not 0 < issue <= ISSUE:
        raise ActionRefused(Refusal.ISSUE)


def check_access(access: Access) -> None:
    """Everybody in an access list is named by an id."""
    for users in (access.viewers, access.editors):
        if not all(is_id(user) for user in users or ()):
            raise ActionRefused(Refusal.USER)


def is_id(text: str) -> bool:
    """Whether this could be the id of a node or user."""
    return _ID.fullmatch(text) is not None


def _check_text(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise LimitExceeded(what, longest)
    if not text or _UNFIT.search(text):
        raise TextRefused(what)
