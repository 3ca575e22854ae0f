"""What a handler knows of its request, and the parameters that several routes share."""

import functools
import hashlib
import re
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from domain.ids import PanoramaId
from entrypoints.http.headers import expected_version, values_of
from entrypoints.http.problems import ProblemError
from entrypoints.http.services import Services
from entrypoints.http.tokens import Caller

PAGE: Final = 100
"""How many entries a page has where the caller does not say."""

PanoramaPath: TypeAlias = Annotated[
    PanoramaId, PathParameter(pattern=r"^[0-9a-f]{24}\Z", description="The panorama's id: 24 hex characters.")
]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=1_000, description="The most entries to answer.")]
_VERSION: Final = QueryParameter(
    pattern=r"^([0-9]{1,12}\.)?[0-9]{1,12}\Z", description="A version, `<epoch>.<version>` or the bare version."
)
VersionAfter: TypeAlias = Annotated[str, _VERSION]
MaybeVersionAfter: TypeAlias = Annotated[str | None, _VERSION]
IfMatch: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description='Entity tags as `"<epoch>.<version>"`: refuse unless one of them is the newest. A weak tag counts '
        "as the strong one that a proxy made it from, and the tag of any content encoding names its version.",
    ),
]
LastEventId: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID", description="The id of the last event that came, as EventSource sends it; before `after`."
    ),
]
IdempotencyKey: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        pattern=r"^[\x20-\x7e]{1,255}\Z",
        description="Up to 255 printable characters: a repeat within 24 hours gets the first answer.",
    ),
]


class ApiRequest(Request[Caller, None, State]):
    """A request whose caller is known and whose body is decoded strictly, in one pass, to what the handler takes."""

    __slots__ = ()

    @property
    def services(self) -> Services:
        """What the composition root gave."""
        services: Services = self.app.state["services"]
        return services

    def expected(self, if_match: str | None) -> int | None:
        """Return the version that `If-Match` insists on, of which the parameter is one line."""
        return None if if_match is None else expected_version(self.fields(b"if-match"), self.epoch)

    def fields(self, name: bytes) -> tuple[str, ...]:
        """Return every line of a header field, `name` in lower case: Litestar knows of one."""
        return values_of(self.scope["headers"], name)

    @property
    def epoch(self) -> int:
        """The number that says which site writes; the first part of every version told outside."""
        return self.services.panoramas.epoch

    async def json(self) -> object:
        """Return the body as the type of the handler's `data`; raises the problem that it is."""
        field = self.route_handler.parsed_data_field
        self.require_media_type("application/json")
        return decoded(await self.body(), None if field is None else field.annotation)

    def require_media_type(self, *allowed: str) -> None:
        """Raise the problem `media-type-unsupported` for a body of another kind."""
        if self.content_type[0].lower() not in allowed:
            raise ProblemError("media-type-unsupported", headers={"Accept": ", ".join(allowed)}, taken=list(allowed))

    async def fingerprint(self, key: str | None) -> str:
        """Return what tells this request from another one under the same idempotency key; empty without a key."""
        if key is None:
            return ""
        digest = hashlib.blake2b(self.scope["path"].encode(), digest_size=16)
        digest.update(await self.body())
        return digest.hexdigest()


def decoded(body: bytes, type_: Any) -> object:
    """Decode JSON strictly; the problem that it raises names the place and the types, never a value."""
    try:
        return _decoder(type_).decode(body)
    except msgspec.ValidationError as error:
        place = str(error).rpartition(" - at `")[2].removesuffix("`")
        raise ProblemError("request-invalid", at=[place if _places(type_).fullmatch(place) else "$"]) from error
    except (ValueError, RecursionError) as error:
        raise ProblemError("request-invalid", at=["$"]) from error


@functools.cache
def _places(type_: Any) -> re.Pattern[str]:
    """Return what the place of a defect looks like: of our own words, because the decoder quotes unknown ones too."""
    _, schemas = msgspec.json.schema_components([type_])
    names = {name for schema in schemas.values() for name in schema.get("properties", ())}
    return re.compile(rf"\$(?:\.(?:{'|'.join(sorted(names))})|\[[0-9]+\]|\[\.\.\.\])*")


@functools.cache
def _decoder(type_: Any) -> msgspec.json.Decoder[object]:
    return msgspec.json.Decoder(type_)
