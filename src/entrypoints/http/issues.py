"""The panoramas that hold an issue, for the panel beside it."""

from typing import Annotated

from litestar import get
from litestar.params import PathParameter

from application.panoramas.lists import panoramas_of_issue
from domain.ids import IssueId
from domain.panoramas.limits import ISSUE
from entrypoints.http.answers import Answer, json_answer
from entrypoints.http.documents import HitDocument, HitsDocument
from entrypoints.http.openapi import responses
from entrypoints.http.requests import ApiRequest

IssuePath = Annotated[int, PathParameter(ge=1, le=ISSUE, description="Jira's numeric issue id.")]


@get("/api/issues/{issue:str}/panoramas", responses=responses(HitsDocument))
async def of_issue(request: ApiRequest, issue: IssuePath) -> Answer:
    """List the panoramas that hold the issue now and that the caller may see."""
    caller = request.user
    hits = await panoramas_of_issue(caller.tenant, caller.user, IssueId(issue), request.services.panoramas)
    return json_answer(HitsDocument([HitDocument(hit.panorama, hit.name, hit.nodes) for hit in hits]))
