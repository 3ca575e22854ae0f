"""Addresses of outside things (`sqlite:storage.db`), where secret ones are kept, and how they are shown."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import msgspec

from entrypoints.configuration_problems import ConfigurationError, Problem

MASK: Final = "***"
"""What is shown in the place of a secret."""

REFERENCE: Final = "secret"
"""The scheme of a reference to one of the site's own secrets, `secret:NAME`, which is followed at opening."""

_SCHEME: Final = re.compile(r"([a-z][a-z0-9+-]*):(.+)", re.DOTALL)
_SECRET_OPTION: Final = re.compile(r"password|secret|token|credential|properties", re.IGNORECASE)


class Address(msgspec.Struct, frozen=True):
    """Where something outside is. May hold a secret: nothing but an adapter looks at `location`."""

    key: str
    """The configuration key that it stands under, for messages."""

    scheme: str
    """Chooses the adapter."""

    location: str
    """What follows the scheme and its colon."""

    folder: Path
    """What a relative path begins at."""

    @property
    def place(self) -> str:
        """Return the location without its options."""
        return self.location.partition("?")[0]

    @property
    def options(self) -> dict[str, str]:
        """Return what stands behind the question mark: `?region=us-east-1&endpoint=…`."""
        return dict(parse_qsl(self.location.partition("?")[2], keep_blank_values=True))

    @property
    def path(self) -> Path:
        """Return the place as a file or directory."""
        return self.folder / self.place

    @property
    def url(self) -> str:
        """Return scheme and location as a driver takes them."""
        return f"{self.scheme}:{self.location}"

    def __repr__(self) -> str:
        """Leave out whatever is secret."""
        return f"Address({self.key} = {masked(self.url)})"


def parse_address(key: str, text: str, folder: Path) -> Address:
    """Divide `text` into scheme and location; raises ConfigurationError without quoting it."""
    found = _SCHEME.fullmatch(text)
    if found is None:
        raise _refused(key, "is not an address", "write a scheme, a colon and a place: sqlite:storage.db")
    if text != text.strip() or not text.isprintable():
        remedy = "write it without the line break, the blank or the character that cannot be seen"
        raise _refused(key, "has a character that is no part of an address", remedy)
    return Address(key, found[1], found[2], folder)


def is_reference(text: str) -> bool:
    """Whether a text says where an address is kept, in the environment or among the secrets, instead of being one."""
    return text.partition(":")[0] in {"env", REFERENCE}


def resolve(key: str, text: str, environ: Mapping[str, str]) -> str:
    """Follow a reference, `env:NAME` or `file:/path`, to what it leads to; any other text is returned as it is.

    Raises ConfigurationError where the variable is not set or the file cannot be read.
    """
    scheme, _, rest = text.partition(":")
    if scheme == "env":
        return _from_environment(key, rest, environ)
    return read_reference(key, text) if scheme == "file" else text


def read_reference(key: str, text: str) -> str:
    """Return what the file of `file:/path` holds, without the white space around it."""
    scheme, _, name = text.partition(":")
    if scheme != "file" or not name:
        remedy = "write file: and a path, as in file:/run/secrets/name, or secret: and a name"
        raise _refused(key, "is not a reference to a file", remedy)
    try:
        return Path(name).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise _refused(key, f"refers to a file that cannot be read ({name})", "check its path and mode") from exc


def carries_password(text: str) -> bool:
    """Whether an address holds a secret in clear."""
    return masked(text) != text


def masked(text: str) -> str:
    """Return an address with its password and the secret ones among its options hidden."""
    try:
        parts = urlsplit(text)
        secret = parts.password is not None
    except ValueError:
        return MASK
    options = parse_qsl(parts.query, keep_blank_values=True)
    hidden = [(name, MASK if _SECRET_OPTION.search(name) else value) for name, value in options]
    if not secret and hidden == options:
        return text
    host = parts.netloc.rpartition("@")[2]
    user = f"{quote(parts.username or '')}:{MASK}@" if secret else parts.netloc.removesuffix(host)
    return urlunsplit(parts._replace(netloc=user + host, query=urlencode(hidden, safe="*")))


def _from_environment(key: str, name: str, environ: Mapping[str, str]) -> str:
    if not (text := environ.get(name, "").strip()):
        raise _refused(key, f"refers to the environment variable {name}, which is not set", f"set {name}")
    return text


def _refused(key: str, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError([Problem(key, problem, remedy)])
