"""Keys of AWS KMS, on servers that stand for it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from adapters.aws.keys import open_kms
from tests.contract.keys.worlds import World
from tests.patience import patience
from tests.servers.aws import REGION, Server, broken_aws
from tests.servers.line import line_to
from tests.servers.strict_kms import strict_kms

_NO_RENEWAL: Final = "It knows no ReEncrypt."
_NO_ROTATION: Final = "It knows no RotateKeyOnDemand and no ListKeyRotations."
_NO_PERMISSIONS: Final = "It looks at no permission, so that nobody can be refused."
_LAX_OPENING: Final = "It opens a damaged wrap, and one of another key than the caller names; it knows no ReEncrypt."

MINISTACK_GAPS: Final[Mapping[str, str]] = {
    "a_context_opens_no_wrap_of_another": _NO_RENEWAL,
    "a_damaged_wrap_does_not_open": _LAX_OPENING,
    "a_context_is_bound_as_it_is_written": _NO_RENEWAL,
    "a_foreign_wrap_does_not_open": _LAX_OPENING,
    "a_foreign_wrap_is_not_renewed": _NO_RENEWAL,
    "a_renewed_wrap_is_bound_too": _NO_RENEWAL,
    "a_new_version_opens_what_an_old_one_wrapped": _NO_ROTATION,
    "a_rewrap_holds_the_same_key": _NO_ROTATION,
    "a_rotation_is_told": _NO_ROTATION,
    "a_refused_identity_is_told_so": _NO_PERMISSIONS,
    "an_unknown_key_is_not_found": _NO_RENEWAL,
    "a_disabled_key_is_not_found": _NO_RENEWAL,
    "a_destroyed_key_is_not_found": _NO_RENEWAL,
}
MOTO_GAPS: Final[Mapping[str, str]] = {
    "a_damaged_wrap_does_not_open": "It calls a wrap whose key id is damaged a missing permission.",
    "a_foreign_wrap_does_not_open": "It calls the wrap of another key than the caller names a missing permission.",
    "a_foreign_wrap_is_not_renewed": "ReEncrypt does not look at SourceKeyId.",
    "a_refused_identity_is_told_so": _NO_PERMISSIONS,
    "a_disabled_key_is_not_found": "A disabled key goes on wrapping and opening.",
    "a_destroyed_key_is_not_found": "A key that waits for its deletion goes on wrapping and opening.",
}


@asynccontextmanager
async def in_ministack(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make keys in MiniStack."""
    async with _in_kms(request.getfixturevalue("ministack_server"), MINISTACK_GAPS) as world:
        yield world


@asynccontextmanager
async def in_moto(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make keys in moto."""
    async with _in_kms(request.getfixturevalue("moto_server"), MOTO_GAPS) as world:
        yield world


@asynccontextmanager
async def in_strict_kms(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make keys in the tests' own KMS, which has no gaps."""
    with strict_kms() as (kms, server):

        async def refuse() -> None:
            kms.refuses = True

        async with _in_kms(server, {}, refuse) as world:
            yield world


async def _nobody_can_be_refused() -> None:
    """Emulators look at no permission."""


@asynccontextmanager
async def _in_kms(
    server: Server, gaps: Mapping[str, str], refuse: Callable[[], Awaitable[None]] = _nobody_can_be_refused
) -> AsyncIterator[World]:
    client = server.kms()
    key, foreign_key = (client.create_key(KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"] for _ in range(2))
    with line_to(server.port) as line, server.credentials():
        opened = partial(open_kms, region=REGION, deadline=patience(5))
        manager = await opened(key, endpoint=server.endpoint(line.port))
        again = await opened(key, endpoint=server.endpoint())
        foreign = await opened(foreign_key, endpoint=server.endpoint())
        unknown = await opened(str(uuid4()), endpoint=server.endpoint())

        async def rotate() -> None:
            try:
                client.rotate_key_on_demand(KeyId=key)
            except ClientError as exc:
                pytest.fail(f"the server cannot rotate: {exc}")

        async def cut_off() -> None:
            line.cut()

        async def disable() -> None:
            client.disable_key(KeyId=key)

        async def enable() -> None:
            client.enable_key(KeyId=key)

        async def destroy() -> None:
            client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

        yield World(
            manager=manager,
            again=again,
            foreign=foreign,
            unknown=unknown,
            rotate=rotate,
            cut_off=cut_off,
            refuse=refuse,
            disable=disable,
            enable=enable,
            destroy=destroy,
            broken=broken_aws,
            gaps=gaps,
        )
        for each in (manager, again, foreign, unknown):
            await each.close()
    client.close()
