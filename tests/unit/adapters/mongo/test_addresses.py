"""What an address of MongoDB must say, and what is put into it."""

import pytest
from pymongo.uri_parser import parse_uri

from adapters.mongo.addresses import forced
from ports.errors import InvalidArgument

PROMISES = {
    "w": "majority",
    "journal": True,
    "readconcernlevel": "majority",
    "readpreference": "primary",
    "retrywrites": False,
    "timeoutms": 2.0,
    "connecttimeoutms": 1.5,
    "serverselectiontimeoutms": 1.5,
}


def options_of(uri: str) -> dict[str, object]:
    """Return the options as the driver reads them, by their names in small letters."""
    options: dict[str, object] = parse_uri(forced(uri, reach=1.5, call=2.0), normalize=False)["options"]
    return {name.lower(): value for name, value in options.items()}


@pytest.mark.parametrize(
    "said",
    [
        "",
        "?w=1&journal=false&retryWrites=true&readPreference=nearest&readConcernLevel=local",
        "?RETRYWRITES=true&TimeoutMS=0&socketTimeoutMS=9&wtimeoutMS=1&maxStalenessSeconds=90&j=false",
        "?readPreference=secondary&readPreferenceTags=dc:ny&readPreferenceTags=",
    ],
)
def test_the_promises_are_forced(said: str) -> None:
    """Whatever the address says, what is stored is safe on a majority, and nothing is written twice unasked."""
    options = options_of(f"mongodb://localhost/panorama{said}")
    assert options.items() >= PROMISES.items()
    assert not {"sockettimeoutms", "wtimeoutms", "maxstalenessseconds", "readpreferencetags"} & options.keys()


@pytest.mark.parametrize("host", ["db.example.com", "127.0.0.1,db.example.com:27017", "10.0.0.1", "a:b@db.example.com"])
def test_other_machines_are_spoken_to_in_secret(host: str) -> None:
    """TLS is on unless every host is this machine itself."""
    assert options_of(f"mongodb://{host}/panorama")["tls"] is True
    assert options_of(f"mongodb://{host}/panorama?ssl=true")["tls"] is True


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:27018", "[::1]:27017", "a:b@localhost,127.0.0.9"])
def test_this_machine_needs_no_tls(host: str) -> None:
    """A loopback address may be spoken to in clear, or not, as it says."""
    assert "tls" not in options_of(f"mongodb://{host}/panorama")
    assert options_of(f"mongodb://{host}/panorama?tls=true&tlsInsecure=true")["tls"] is True


@pytest.mark.parametrize(
    "option", ["tls=false", "ssl=false", "tlsInsecure=true", "tlsAllowInvalidCertificates=true", "TLSInsecure=false"]
)
@pytest.mark.parametrize("scheme", ["mongodb", "mongodb+srv"])
def test_tls_is_not_weakened(scheme: str, option: str) -> None:
    """What would switch TLS or its checks off for another machine is refused, without quoting the address."""
    with pytest.raises(InvalidArgument) as refused:
        forced(f"{scheme}://ann:hunter2@db.example.com/panorama?{option}", reach=1, call=1)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "sqlite:x",
        "mongodb://",
        "mongodb:/panorama",
        "mongodb://localhost",
        "mongodb://localhost/",
        "mongodb://[x/a",
    ],
)
def test_what_is_no_address_is_refused(uri: str) -> None:
    """An address names a host and a database."""
    with pytest.raises(InvalidArgument):
        forced(uri, reach=1, call=1)


def test_other_options_stay_as_they_are_written() -> None:
    """Credentials and the driver's other options reach it unchanged."""
    said = "mongodb://ann:p%40ss@localhost/panorama?authSource=admin&authMechanismProperties=A:b,C:d%26&appName=x%20y"
    assert forced(said, reach=1, call=1).startswith(f"{said}&")
