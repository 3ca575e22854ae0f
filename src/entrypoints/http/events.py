"""The changes of a panorama as they come: server-sent events, read by fetch."""

from litestar import get
from litestar.response.base import ASGIResponse

from entrypoints.http.documents import EventDocument
from entrypoints.http.headers import read_version
from entrypoints.http.openapi import responses
from entrypoints.http.problems import ProblemError
from entrypoints.http.requests import ApiRequest, LastEventId, MaybeVersionAfter, PanoramaPath
from entrypoints.http.streams import EventStream


@get("/api/panoramas/{panorama:str}/events", responses=responses(EventDocument, 410, media_type="text/event-stream"))
async def events(
    request: ApiRequest, panorama: PanoramaPath, after: MaybeVersionAfter = None, last_event_id: LastEventId = None
) -> ASGIResponse:
    """Tell every change beyond `after`, as it comes; the stream ends after 15 minutes and is resumed by `after`.

    `Last-Event-ID`, which EventSource sends when it comes again to the same address, counts before `after`; one of them
    is needed.
    """
    caller, services, version = request.user, request.services, _version(request, after, last_event_id)
    await services.panoramas.visible(caller.tenant, panorama, caller.user)
    return EventStream(services, caller, panorama, version)


def _version(request: ApiRequest, after: str | None, last_event_id: str | None) -> int:
    """Return the version that the client has; raises the problem that names what is missing or is none."""
    if last_event_id:
        return read_version(last_event_id.strip(), request.epoch, at="Last-Event-ID")
    if after is None:
        raise ProblemError("request-invalid", at=["after"])
    return read_version(after, request.epoch)
