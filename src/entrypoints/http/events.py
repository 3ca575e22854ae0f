"""The changes of a panorama as they come: server-sent events, read by fetch."""

from litestar import get
from litestar.response.base import ASGIResponse

from entrypoints.http.headers import read_version
from entrypoints.http.openapi import responses
from entrypoints.http.requests import ApiRequest, PanoramaPath, VersionAfter
from entrypoints.http.streams import EventStream


@get("/api/panoramas/{panorama:str}/events", responses=responses(None, 410, media_type="text/event-stream"))
async def events(request: ApiRequest, panorama: PanoramaPath, after: VersionAfter) -> ASGIResponse:
    """Tell every change beyond `after`, as it comes; the stream ends after 15 minutes and is resumed by `after`."""
    caller, services, version = request.user, request.services, read_version(after, request.epoch)
    await services.panoramas.visible(caller.tenant, panorama, caller.user)
    return EventStream(services, caller, panorama, version)
