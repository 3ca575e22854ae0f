"""What somebody asked for and may not have. Each error carries ids and numbers, never text that a person typed."""

from typing import ClassVar

from domain.backups.recovery import Window


class DomainError(Exception):
    """A request was understood and refused; `code` is stable and part of the public interface."""

    code: ClassVar[str]


class NotInstalled(DomainError):
    """The tenant is unknown, disabled or uninstalled."""

    code = "not-installed"


class InstallationRefused(DomainError):
    """An installation cannot be told from a repeat of another callback of the same second; install again."""

    code = "installation-refused"


class PanoramaMissing(DomainError):
    """There is no such panorama, or the caller may not know of it."""

    code = "panorama-missing"

    def __init__(self, panorama: str) -> None:
        super().__init__(panorama)
        self.panorama = panorama


class AccessRefused(DomainError):
    """The caller may see this panorama but not do this to it."""

    code = "access-refused"


class PanoramaArchived(DomainError):
    """An archived panorama takes no change but being brought back."""

    code = "panorama-archived"


class NodeMissing(DomainError):
    """An action names a node that is not in the panorama."""

    code = "node-missing"

    def __init__(self, node: str | int) -> None:
        super().__init__(node)
        self.node = node


class ActionRefused(DomainError):
    """An action contradicts what the tree is; `reason` is one of a fixed set of phrases."""

    code = "action-refused"

    def __init__(self, reason: str, node: str | int | None = None) -> None:
        super().__init__(reason, node)
        self.reason = reason
        self.node = node


class LimitExceeded(DomainError):
    """A limit of the service would be exceeded; says which and how much is allowed."""

    code = "limit-exceeded"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(what, limit)
        self.what = what
        self.limit = limit


class TextRefused(DomainError):
    """A title or name holds something that text cannot: a lone surrogate or a control character."""

    code = "text-refused"

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class VersionMoved(DomainError):
    """A strict request named a version that is not the newest one any more."""

    code = "version-moved"

    def __init__(self, expected: int, newest: int) -> None:
        super().__init__(expected, newest)
        self.expected = expected
        self.newest = newest


class VersionMissing(DomainError):
    """The past that was asked for is not there: before the first version, after the newest, or folded away."""

    code = "version-missing"


class PastOutOfReach(DomainError):
    """Neither history nor backups lead to the moment; `windows` are those that the backups lead to."""

    code = "past-out-of-reach"

    def __init__(self, reason: str, windows: tuple[Window, ...] = ()) -> None:
        super().__init__(reason, len(windows))
        self.reason = reason
        self.windows = windows


class PastUnderWay(DomainError):
    """What was asked for is being gathered from the backups, or has to wait for others that are."""

    code = "past-under-way"


class NothingToUndo(DomainError):
    """The caller has no change that could be undone, or none undone that could be done again."""

    code = "nothing-to-undo"


class BuiltUpon(DomainError):
    """Somebody has built on the change, so that it cannot be undone; names the node and the reason."""

    code = "built-upon"

    def __init__(self, reason: str, node: str | None = None) -> None:
        super().__init__(reason, node)
        self.reason = reason
        self.node = node


class KeyReused(DomainError):
    """An idempotency key came with a different request than the first time."""

    code = "key-reused"


class TooContended(DomainError):
    """Others changed the panorama each time that this change was tried."""

    code = "too-contended"


class ImportRefused(DomainError):
    """An import is broken; nothing of it was kept. `defects` lists each defect, by ids and positions only."""

    code = "import-refused"

    def __init__(self, defects: tuple[str, ...]) -> None:
        super().__init__(len(defects))
        self.defects = defects


class ApprovalRefused(DomainError):
    """A request cannot be approved so; `reason` is one of a fixed set of phrases."""

    code = "approval-refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RetentionRefused(DomainError):
    """What a site has left behind may not be kept, released or destroyed so; `reason` is one of a fixed set."""

    code = "retention-refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
