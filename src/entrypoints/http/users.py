"""The ids of users, for whoever says which colleagues may see a panorama or shows who did what."""

import asyncio
from typing import Annotated

from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from domain.ids import UserId
from entrypoints.http.answers import Answer, json_answer
from entrypoints.http.documents import UserDocument, UsersDocument, WantedUsers
from entrypoints.http.openapi import BODY_PROBLEMS, responses
from entrypoints.http.requests import ApiRequest

WantedIds = Annotated[
    str,
    QueryParameter(
        pattern=r"^[0-9a-f]{24}(,[0-9a-f]{24}){0,99}\Z",
        description="The ids of up to 100 users, with commas between.",
    ),
]


@post("/api/users", status_code=200, responses=responses(UsersDocument, *BODY_PROBLEMS))
async def name_users(request: ApiRequest, data: JSONBody[WantedUsers]) -> Answer:
    """Tell the ids that stand for accounts of the caller's site in access lists; a POST keeps accounts out of URLs."""
    tenant, users = request.user.tenant, request.services.users
    found = [UserDocument(account, await users.internal_id(tenant, account)) for account in data.accounts]
    return json_answer(UsersDocument(found))


@get("/api/users", responses=responses(UsersDocument))
async def tell_users(request: ApiRequest, ids: WantedIds) -> Answer:
    """Tell the accounts that ids of users stand for, to show who did what; null for those who have departed."""
    tenant, users = request.user.tenant, request.services.users
    wanted = [UserId(each) for each in ids.split(",")]
    found = await asyncio.gather(*(users.find(tenant, user) for user in wanted))
    told = [
        UserDocument(None if user is None else user.account, each) for each, user in zip(wanted, found, strict=True)
    ]
    return json_answer(UsersDocument(told))
