"""Who logs in by an address of MongoDB, and whether two addresses lead to the same data."""

import pytest

from adapters.mongo.logins import MongoLogins
from adapters.mongo.users import User
from ports.credentials import Login, Proof
from ports.errors import InvalidArgument

LOGINS = MongoLogins(5.0)


@pytest.mark.parametrize(
    ("address", "login"),
    [
        ("mongodb://db/panorama", Login(Proof.NOTHING)),
        ("mongodb://a:hunter2@db/panorama", Login(Proof.PASSWORD, "a", "db panorama")),
        ("mongodb://a:hunter2@db/panorama?authSource=users", Login(Proof.PASSWORD, "a", "db users")),
        ("mongodb://a:hunter2@db", Login(Proof.PASSWORD, "a", "db admin")),
        ("mongodb://a%40b:h@DB:27017,ab/x?authMechanism=SCRAM-SHA-256", Login(Proof.PASSWORD, "a@b", "ab db:27017 x")),
        ("mongodb+srv://a:h@db.example/x?authMechanism=scram-sha-1", Login(Proof.PASSWORD, "a", "db.example x")),
        ("mongodb://a:h@db/x?authMechanism=PLAIN&authSource=%24external", Login(Proof.DIRECTORY, "a")),
        ("mongodb://a:h@db/x?authMechanism=PLAIN", Login(Proof.DIRECTORY, "a", "db x")),
        ("mongodb://a:h@db/x?authMechanism=TOMORROWS", Login(Proof.DIRECTORY, "a", "db x")),
        ("mongodb://db/x?authMechanism=MONGODB-AWS&authSource=$external", Login(Proof.IDENTITY)),
        ("mongodb://AKIA:key@db/x?authMechanism=MONGODB-AWS", Login(Proof.IDENTITY, "AKIA")),
        ("mongodb+srv://db.example/x?AUTHMECHANISM=mongodb-oidc", Login(Proof.IDENTITY)),
        ("mongodb://CN%3Dme@db/x?authMechanism=MONGODB-X509", Login(Proof.IDENTITY, "CN=me")),
    ],
)
def test_an_address_tells_who_logs_in_and_by_what(address: str, login: Login) -> None:
    """By the mechanism, where it names one, and by the user; never the password."""
    assert LOGINS.login(address) == login
    assert "hunter2" not in repr(login)


@pytest.mark.parametrize("address", ["sqlite:storage.db", "mongodb:x", "mongodb://[hunter2/x", "hunter2"])
def test_what_is_no_address_of_mongodb_is_refused(address: str) -> None:
    """And not quoted, not even by what the error came from."""
    with pytest.raises(InvalidArgument) as caught:
        LOGINS.login(address)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert not LOGINS.leads_alike(address, address)


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        ("mongodb://b:other@db,xy/panorama?authSource=admin", True),
        ("mongodb://XY,DB/panorama?tlsCAFile=ca.pem", True),
        ("mongodb://a:h@db,xy/other", False),
        ("mongodb://a:h@db/panorama", False),
        ("mongodb://a:h@db,xy:27018/panorama", False),
        ("mongodb+srv://a:h@db,xy/panorama", False),
        ("sqlite:panorama", False),
    ],
)
def test_addresses_lead_alike_by_hosts_and_database(other: str, alike: bool) -> None:  # noqa: FBT001 - a row's column
    """Whoever logs in, and with whatever options."""
    assert LOGINS.leads_alike("mongodb://a:h@db,xy/panorama", other) is alike


@pytest.mark.parametrize(
    ("address", "changed"),
    [
        ("mongodb://a:h@db,[::1]:7/x?authSource=y", "mongodb://b:new@db,[::1]:7/x?authSource=y"),
        ("mongodb+srv://a%40:h%2F@db.example/x", "mongodb+srv://b:new@db.example/x"),
        ("mongodb://db/x", "mongodb://b:new@db/x"),
    ],
)
def test_another_user_leads_to_the_same_place(address: str, changed: str) -> None:
    """Nothing but who logs in is another."""
    assert LOGINS.with_password(address, "b", "new") == changed
    assert LOGINS.leads_alike(address, changed)


KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hunter2"}


@pytest.mark.parametrize(
    ("options", "environment", "left"),
    [
        ("db/x?authMechanism=MONGODB-AWS", {"AWS_ROLE_ARN": "arn", "AWS_ACCESS_KEY_ID": ""}, ()),
        ("db/x?authMechanism=MONGODB-AWS", KEYS, ("the environment holds an access key of AWS",)),
        ("db/x?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:gcp", KEYS, ()),
        ("AKIA:hunter2@db/x?authMechanism=MONGODB-AWS", {}, ("the address holds a secret",)),
        (
            "db/x?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:hunter2",
            {},
            ("the address holds a session token",),
        ),
        ("CN%3Dme@db/x?authMechanism=MONGODB-X509&tlsCertificateKeyFile=me.pem", {}, ()),
        (
            "CN%3Dme@db/x?authMechanism=MONGODB-X509&tlsCertificateKeyFilePassword=hunter2",
            {},
            ("the address holds the password of a certificate's key",),
        ),
    ],
)
def test_secrets_that_nobody_changes_are_found(
    options: str, environment: dict[str, str], left: tuple[str, ...]
) -> None:
    """Beside an identity there should be none, in the address or where the driver looks before it asks the machine."""
    assert LOGINS.left_over(f"mongodb://{options}", environment) == left


async def test_nobody_administers_by_an_address_without_a_user() -> None:
    """There is nobody whose password could be changed."""
    administration = await LOGINS.administer("mongodb://a:h@127.0.0.1/x")
    with pytest.raises(InvalidArgument, match="names no user"):
        await administration.check("mongodb://127.0.0.1/x")
    await administration.close()


def test_no_representation_shows_a_password() -> None:
    """Neither a log nor a traceback can hold one."""
    assert "hunter2" not in repr(User("x", "a", "hunter2"))
