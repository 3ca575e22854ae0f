"""Who may see a panorama and who may change it."""

from typing import Final

import msgspec

from domain.ids import UserId


class Access(msgspec.Struct, frozen=True):
    """Who may view and who may edit; the owner may always do both, and an editor may view.

    None stands for every user of the tenant.
    """

    viewers: frozenset[UserId] | None = None
    editors: frozenset[UserId] | None = None


EVERYONE: Final = Access()


def may_edit(access: Access, owner: UserId, user: UserId) -> bool:
    """Whether `user` may change the panorama."""
    return user == owner or access.editors is None or user in access.editors


def may_view(access: Access, owner: UserId, user: UserId) -> bool:
    """Whether `user` may know that the panorama exists and read it."""
    return access.viewers is None or user in access.viewers or may_edit(access, owner, user)


def may_administer(owner: UserId, user: UserId) -> bool:
    """Whether `user` may change who has access, and archive."""
    return user == owner
