"""The yardstick for reading: a Litestar handler that verifies the same token with PyJWT and answers ready bytes."""

import sys
from pathlib import Path

import jwt
import uvicorn
from litestar import Litestar, Response, get
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard


def guard_with(secret: str) -> Guard:
    """Return the guard."""

    async def verify(connection: ASGIConnection[BaseRouteHandler, None, None, State], _: BaseRouteHandler) -> None:
        scheme, _space, token = connection.headers.get("authorization", "").partition(" ")
        try:
            claims = jwt.decode(token, secret, algorithms=["HS256"], options={"require": ["exp", "iat", "iss"]})
        except jwt.InvalidTokenError as exc:
            raise NotAuthorizedException from exc
        if scheme != "JWT" or claims["qsh"] != "context-qsh":
            raise NotAuthorizedException

    return verify


def main(port: str, secret: str, body: str) -> None:
    """Serve the file at `body` to everybody with a token signed with `secret`."""
    content = Path(body).read_bytes()

    @get("/api/panoramas/{panorama:str}", guards=[guard_with(secret)])
    async def show(panorama: str) -> Response[bytes]:
        return Response(content, media_type="application/json", headers={"ETag": f'"{panorama}"'})

    uvicorn.run(
        Litestar([show], openapi_config=None, logging_config=None),
        port=int(port),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="critical",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
