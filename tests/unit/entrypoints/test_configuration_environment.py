"""Every key can be set by an environment variable, and a misspelt variable is not overlooked."""

from pathlib import Path

import pytest

from entrypoints.configuration_file import read
from entrypoints.configuration_problems import ConfigurationError
from entrypoints.configuration_sites import check_sites


def test_a_variable_goes_before_the_file(tmp_path: Path) -> None:
    """Two underscores lead into a table; numbers and comma-separated lists are understood."""
    file = tmp_path / "panorama.toml"
    file.write_text("[server]\nport = 1\nhost = '127.0.0.2'\n", encoding="utf-8")
    configuration = read(
        file,
        {
            "PANORAMA_SERVER__PORT": "9000",
            "PANORAMA_HTTP__REQUESTS_PER_SECOND": "12.5",
            "PANORAMA_APP__BASE_URLS": "https://one.example, https://two.example",
            "PANORAMA_APP__FORGE_APP": "ari:cloud:ecosystem::app/1",
        },
    ).configuration
    assert (configuration.server.port, configuration.server.host) == (9000, "127.0.0.2")
    assert configuration.http.requests_per_second == 12.5
    assert configuration.app.base_urls == ("https://one.example", "https://two.example")
    assert configuration.app.forge_app == "ari:cloud:ecosystem::app/1"


def test_a_site_can_be_changed_or_made_by_variables(tmp_path: Path) -> None:
    """The embedded site is there to be changed, and a new one needs no file."""
    environ = {
        "PANORAMA_DATA": str(tmp_path),
        "PANORAMA_SITES__LOCAL__STORAGE": "sqlite:other.db",
        "PANORAMA_SITES__SPARE__STORAGE": "sqlite:s",
        "PANORAMA_SITES__SPARE__VAULT": "sqlite:v",
        "PANORAMA_SITES__SPARE__KEYS": "file:k",
    }
    assert read(None, environ).storage.path == tmp_path / "other.db"
    assert read(None, environ | {"PANORAMA_ACTIVE": "spare"}).storage.path == tmp_path / "s"


def test_a_site_that_is_named_by_variables_alone_stands_alone() -> None:
    """Without a file there is no embedded site beside it, which would be in no region of a cloud."""
    environ = {
        "PANORAMA_REGIONS": "us-*",
        "PANORAMA_ACTIVE": "aws",
        "PANORAMA_SITES__AWS__REGION": "us-east-1",
        "PANORAMA_SITES__AWS__STORAGE": "mongodb://localhost/s",
        "PANORAMA_SITES__AWS__VAULT": "mongodb://localhost/v",
        "PANORAMA_SITES__AWS__KEYS": "aws-kms:k?region=us-east-1",
    }
    settings = read(None, environ)
    check_sites(settings)
    assert list(settings.configuration.sites) == ["aws"]
    assert settings.control == ()


def test_an_address_with_a_password_may_come_from_the_environment() -> None:
    """The environment is a place for secrets; it is masked where it is shown."""
    settings = read(None, {"PANORAMA_SITES__LOCAL__STORAGE": "mongodb://user:hunter2@db/panorama"})
    assert settings.storage.url == "mongodb://user:hunter2@db/panorama"
    assert "hunter2" not in repr(settings.storage)


@pytest.mark.parametrize(
    ("name", "value", "phrase"),
    [
        ("PANORAMA_SERVER__PRT", "1", "is not a key; did you mean PANORAMA_SERVER__PORT?"),
        ("PANORAMA_SERVER_PORT", "1", "is not a key; did you mean PANORAMA_SERVER__PORT?"),
        ("PANORAMA_ACTVE", "x", "is not a key; did you mean PANORAMA_ACTIVE?"),
        ("PANORAMA_SITES__SPARE__STORGE", "x", "is not a key; did you mean PANORAMA_SITES__SPARE__STORAGE?"),
        ("PANORAMA_ZZZ__YYY__XXX", "x", "is not a key; docs/configuration.md lists every key"),
        ("PANORAMA_SERVER__PORT", "70000", "(expected int <= 65535); give a whole number from 1 to 65535"),
        ("PANORAMA_SERVER__PORT", "many", "give a whole number from 1 to 65535"),
        ("PANORAMA_SERVER__PORT", "8_0", "the digits 0 to 9 alone); give a whole number from 1 to 65535"),
        ("PANORAMA_SERVER__PORT", "+80", "the digits 0 to 9 alone)"),
        ("PANORAMA_SERVER__PORT", "８０", "the digits 0 to 9 alone)"),
        ("PANORAMA_SERVER__PORT", "8e1", "the digits 0 to 9 alone)"),
        ("PANORAMA_SERVER__PORT", "80.0", "the digits 0 to 9 alone)"),
    ],
)
def test_a_variable_that_cannot_be_meant_is_refused_by_its_own_name(name: str, value: str, phrase: str) -> None:
    """The message names the variable, not the key, since that is where the mistake is."""
    with pytest.raises(ConfigurationError) as caught:
        read(None, {name: value})
    assert [problem.key for problem in caught.value.problems] == [name]
    assert phrase in str(caught.value)


@pytest.mark.parametrize("name", ["PANORAMA_SERVICE_HOST", "PANORAMA_PORT_8080_TCP", "PANORAMA_TEST_MONGO", "PATH"])
def test_variables_of_others_are_left_alone(name: str) -> None:
    """Orchestrators and test suites put variables beside ours that are not meant for the configuration."""
    assert read(None, {name: "tcp://10.0.0.1"}) == read(None, {})
