"""Who logs in by a MongoDB URI: https://www.mongodb.com/docs/manual/reference/connection-string-options/."""

from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

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

_EXTERNAL: Final = "$external"
_DEFAULT_REALM: Final = "admin"


class MongoLogins:
    """The `Logins` of MongoDB, and of whatever else speaks its protocol."""

    def login(self, address: str) -> Login:
        parts, options = _divided(address)
        proof = _PROOFS.get(options.get("authmechanism", "").upper(), Proof.DIRECTORY)
        user = parts.netloc.rpartition("@")[0].partition(":")[0]
        if proof is Proof.IDENTITY:
            return Login(proof, unquote(user) or None)
        if not user:
            return Login(Proof.NOTHING)
        if user_database(address) == _EXTERNAL:
            return Login(Proof.DIRECTORY, unquote(user))
        return Login(proof, unquote(user), f"{' '.join(_hosts(parts))} {user_database(address)}")

    def leads_alike(self, one: str, other: str) -> bool:
        """Go by the names of hosts and database alone: a cluster that is called in two ways counts as two."""
        try:
            return _place(one) == _place(other)
        except InvalidArgument:
            return False


def user_database(address: str) -> str:
    """Return the database that keeps the user of a URI."""
    parts, options = _divided(address)
    return options.get("authsource") or unquote(parts.path.strip("/")) or _DEFAULT_REALM


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
