"""Who logs in by a MongoDB URI: https://www.mongodb.com/docs/manual/reference/connection-string-options/."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from adapters.mongo.users import MongoAdministration, User, open_administration
from ports.credentials import Login, Proof
from ports.errors import InvalidArgument

_SCHEMES: Final = ("mongodb", "mongodb+srv")

_PROOFS: Final = {
    "": Proof.PASSWORD,
    "DEFAULT": Proof.PASSWORD,
    "SCRAM-SHA-1": Proof.PASSWORD,
    "SCRAM-SHA-256": Proof.PASSWORD,
    "PLAIN": Proof.DIRECTORY,
    "GSSAPI": Proof.DIRECTORY,
    "MONGODB-AWS": Proof.IDENTITY,
    "MONGODB-OIDC": Proof.IDENTITY,
    "MONGODB-X509": Proof.IDENTITY,
}
"""By the mechanism of a URI; without one, a user has a password."""

_AWS: Final = "MONGODB-AWS"
_AWS_VARIABLES: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
"""What the driver takes before it asks the machine who it is."""

_EXTERNAL: Final = "$external"
_DEFAULT_REALM: Final = "admin"


class MongoLogins:
    """The `Logins` of MongoDB, and of whatever else speaks its protocol."""

    def __init__(self, deadline: float) -> None:
        """Give each call to a database so many seconds."""
        self._deadline = deadline

    def login(self, address: str) -> Login:
        parts, options = _divided(address)
        proof = _PROOFS.get(options.get("authmechanism", "").upper(), Proof.DIRECTORY)
        name = unquote(_userinfo(parts).partition(":")[0])
        if proof is Proof.IDENTITY:
            return Login(proof, name or None)
        if not name:
            return Login(Proof.NOTHING)
        database = _user_database(parts, options)
        if database == _EXTERNAL:
            return Login(Proof.DIRECTORY, name)
        return Login(proof, name, f"{' '.join(_hosts(parts))} {database}")

    def with_password(self, address: str, user: str, password: str) -> str:
        parts, _ = _divided(address)
        return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}"))

    def leads_alike(self, one: str, other: str) -> bool:
        """Go by the names of hosts and database alone: a cluster that is called in two ways counts as two."""
        try:
            return _place(one) == _place(other)
        except InvalidArgument:
            return False

    def left_over(self, address: str, environment: Mapping[str, str]) -> tuple[str, ...]:
        parts, options = _divided(address)
        found = []
        if ":" in _userinfo(parts):
            found.append("the address holds a secret")
        if "aws_session_token" in options.get("authmechanismproperties", "").lower():
            found.append("the address holds a session token")
        if "tlscertificatekeyfilepassword" in options:
            found.append("the address holds the password of a certificate's key")
        if options.get("authmechanism", "").upper() == _AWS and any(map(environment.get, _AWS_VARIABLES)):
            found.append("the environment holds an access key of AWS")
        return tuple(found)

    async def administer(self, address: str) -> MongoAdministration:
        return open_administration(address, _user, self._deadline)


def _user(address: str) -> User:
    parts, options = _divided(address)
    name, _, password = _userinfo(parts).partition(":")
    if not name:
        raise InvalidArgument("the address names no user")
    return User(_user_database(parts, options), unquote(name), unquote(password))


def _user_database(parts: SplitResult, options: Mapping[str, str]) -> str:
    return options.get("authsource") or unquote(parts.path.strip("/")) or _DEFAULT_REALM


def _userinfo(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[0]


def _place(address: str) -> tuple[str, tuple[str, ...], str]:
    parts, _ = _divided(address)
    return parts.scheme, _hosts(parts), parts.path.strip("/")


def _hosts(parts: SplitResult) -> tuple[str, ...]:
    return tuple(sorted(parts.netloc.rpartition("@")[2].lower().split(",")))


def _divided(address: str) -> tuple[SplitResult, dict[str, str]]:
    """Return a URI's parts, and its options by their names in small letters."""
    try:
        parts = urlsplit(address)
    except ValueError:
        # Without its cause, which may quote the address.
        raise InvalidArgument("the address is no MongoDB URI") from None
    if parts.scheme not in _SCHEMES or not parts.netloc:
        raise InvalidArgument("the address is no MongoDB URI")
    pairs = (option.partition("=") for option in parts.query.split("&"))
    return parts, {name.lower(): unquote(value) for name, _, value in pairs}
