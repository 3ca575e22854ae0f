"""The names that things go by. All are made outside the domain and passed in."""

from typing import Final, NewType

TenantId = NewType("TenantId", str)
"""One life of one Jira site with the app: 24 hex characters, new for each life."""

PanoramaId = NewType("PanoramaId", str)
"""24 hex characters."""

NodeId = NewType("NodeId", str)
"""24 hex characters, unique within its panorama."""

UserId = NewType("UserId", str)
"""24 hex characters; leads to an account id only through the user record."""

ChangeId = NewType("ChangeId", str)
"""32 hex characters: tells one's own commit from somebody else's."""

IssueId = NewType("IssueId", int)
"""Jira's numeric issue id."""

StaffId = NewType("StaffId", str)
"""Somebody of the operator's staff, as signed in."""

SERVICE: Final = UserId("0" * 24)
"""The service itself, as the author of what it does to panoramas of its own accord. It has no account."""

SYSTEM: Final = TenantId("system")
"""Holds what belongs to no single tenant, under data keys of its own."""
