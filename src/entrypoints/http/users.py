"""The ids of users, for whoever says which colleagues may see a panorama."""

from litestar import post
from litestar.params import JSONBody

from entrypoints.http.answers import Answer, json_answer
from entrypoints.http.documents import UserDocument, UsersDocument, WantedUsers
from entrypoints.http.openapi import BODY_PROBLEMS, responses
from entrypoints.http.requests import ApiRequest


@post("/api/users", status_code=200, responses=responses(UsersDocument, *BODY_PROBLEMS))
async def name_users(request: ApiRequest, data: JSONBody[WantedUsers]) -> Answer:
    """Tell the ids that stand for accounts of the caller's site in access lists; a POST keeps accounts out of URLs."""
    tenant, users = request.user.tenant, request.services.users
    found = [UserDocument(account, await users.internal_id(tenant, account)) for account in data.accounts]
    return json_answer(UsersDocument(found))
