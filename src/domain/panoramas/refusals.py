"""The fixed phrases by which an action or an undo is refused. They are part of the public interface."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why an action contradicts what the tree is."""

    ROOT = "root"
    """The root is not added, moved, removed, copied, retitled or reconciled."""

    BELOW_ITSELF = "below-itself"
    """A node would come to be below itself."""

    NOT_REMOVED = "not-removed"
    """Only a node that was itself removed can be restored."""

    PARENT_GONE = "parent-gone"
    """A node can go back only to a parent that is there; say another place."""

    NOT_AN_ISSUE = "not-an-issue"
    """Only an issue's children follow Jira."""

    NO_TITLE = "no-title"
    """An issue has no title of its own."""

    KIND = "kind"
    """An ISSUE takes an issue and no title, a GROUP or NOTE a title and no issue."""

    ISSUE = "issue"
    """An issue id is a whole number from 1 to limits.ISSUE."""

    NUMBER = "number"
    """A node made in a batch is called by a negative number of at most 64 bits."""

    NUMBER_TAKEN = "number-taken"
    """An earlier action of the batch has that number."""

    USER = "user"
    """A user is named by 24 hex characters."""

    OPENED = "opened"
    """That a panorama was opened cannot be taken back."""

    FORGOTTEN = "forgotten"
    """What is gone for good does not come back."""


class Built(StrEnum):
    """How somebody has built on a change."""

    GONE = "gone"
    """The node was taken back by whoever made it, or was removed so long ago that it is gone for good."""

    REMOVED = "removed"
    """The node was removed."""

    RESTORED = "restored"
    """The node was restored."""

    MOVED = "moved"
    """The node was moved to another parent."""

    CHILDREN = "children"
    """Nodes were put below it, or were there when they were removed."""

    PARENT_GONE = "parent-gone"
    """The parent to go back to is no longer there."""

    BELOW_ITSELF = "below-itself"
    """The parent to go back to is now below the node."""

    RETITLED = "retitled"
    """The node has got another title."""

    SYNCHRONISED = "synchronised"
    """The node's children have come to follow Jira, or no longer do."""

    RENAMED = "renamed"
    """The panorama has got another name."""

    ACCESS_CHANGED = "access-changed"
    """The access has been changed again."""

    ARCHIVED = "archived"
    """The panorama has been archived, or brought back."""
