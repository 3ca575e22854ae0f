"""What both ways of playing Jira have in common: the app as Jira knows it, and requests of its own accord."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class App(msgspec.Struct, frozen=True, kw_only=True):
    """The app as Jira knows it."""

    base_url: str
    key: str
    forge_app: str = "ari:cloud:ecosystem::app/00000000-0000-4000-8000-000000000001"


class Callback(msgspec.Struct, frozen=True):
    """A request that Jira makes of its own accord: a POST of JSON."""

    path: str
    authorization: str
    body: bytes
    others: Mapping[str, str] = _NONE
    """The headers that come besides."""

    @property
    def headers(self) -> dict[str, str]:
        """What has to be sent along."""
        return {"Authorization": self.authorization, "Content-Type": "application/json", **self.others}
