"""Kinds of problems by their code: what each means in general, and the details that it may tell.

The HTTP API and the command line tell the same kinds. Nothing of a framework is imported here.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from domain import errors as domain

_NODE_ID: Final = re.compile(r"[0-9a-f]{24}")


class Kind(NamedTuple):
    """One kind of problem: the status that it is answered with and what it means in general."""

    status: int
    title: str


KINDS: Final[Mapping[str, Kind]] = {
    "request-invalid": Kind(400, "The request is not of the documented form."),
    "unauthenticated": Kind(401, "The request needs a valid token."),
    "forbidden": Kind(403, "The caller may not do this."),
    "not-found": Kind(404, "There is nothing here."),
    "method-not-allowed": Kind(405, "This resource does not know the method."),
    "body-too-large": Kind(413, "The body is larger than 8 MiB."),
    "media-type-unsupported": Kind(415, "The body is of a media type or in a content coding that is not taken here."),
    "rate-limited": Kind(429, "The site asks for more than its share; try again later."),
    "headers-too-large": Kind(431, "The request line and the header fields are larger than 64 KiB."),
    "internal": Kind(500, "The service failed to answer."),
    "unavailable": Kind(503, "Something that the service depends on is out; try again soon."),
    "read-only": Kind(503, "The service takes no changes for the moment; reading goes on."),
    "reload": Kind(410, "The service has moved on; load the panorama anew."),
    domain.NotInstalled.code: Kind(403, "The app is not installed on this site."),
    domain.InstallationRefused.code: Kind(409, "The installation came in the second of another; install again."),
    domain.PanoramaMissing.code: Kind(404, "There is no such panorama for the caller."),
    domain.AccessRefused.code: Kind(403, "The caller may see this panorama but not do this to it."),
    domain.PanoramaArchived.code: Kind(409, "The panorama is archived and takes no change."),
    domain.NodeMissing.code: Kind(422, "An action names a node that is not in the panorama."),
    domain.ActionRefused.code: Kind(422, "An action contradicts what the panorama is."),
    domain.LimitExceeded.code: Kind(422, "A limit of the service would be exceeded."),
    domain.TextRefused.code: Kind(422, "A text is empty or holds characters that text may not hold."),
    domain.VersionMoved.code: Kind(409, "The panorama has changed since the version that the request names."),
    domain.VersionMissing.code: Kind(404, "The panorama has no such version."),
    domain.PastOutOfReach.code: Kind(404, "Neither history nor the backups lead to that moment."),
    domain.PastUnderWay.code: Kind(
        503, "The past is being gathered from backups; repeat the request with the same idempotency key."
    ),
    domain.NothingToUndo.code: Kind(409, "The caller has no change that this could be done to."),
    domain.BuiltUpon.code: Kind(409, "Somebody has built on the change."),
    domain.KeyReused.code: Kind(422, "The idempotency key came with another request before."),
    domain.TooContended.code: Kind(503, "Others changed the panorama each time; try again."),
    domain.ImportRefused.code: Kind(422, "The import is broken; nothing of it was kept."),
    domain.ApprovalRefused.code: Kind(403, "The request cannot be approved so."),
    domain.RetentionRefused.code: Kind(409, "What the site has left behind is not to be treated so."),
}
"""Every problem there is, by the code that ends its `type`."""


def domain_details(error: domain.DomainError) -> dict[str, Any]:
    """Return what a domain error carries: numbers, ids and fixed phrases only."""
    names = ("what", "limit", "reason", "defects", "windows")
    details = {name: getattr(error, name) for name in names if hasattr(error, name)}
    node = getattr(error, "node", None)
    if isinstance(node, int) or (isinstance(node, str) and _NODE_ID.fullmatch(node)):
        details["node"] = node
    return details
