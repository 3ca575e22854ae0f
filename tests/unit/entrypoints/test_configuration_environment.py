"""Every key can be set by an environment variable, and a misspelt variable is not overlooked."""

from pathlib import Path

import pytest

from entrypoints.configuration_file import read
from entrypoints.configuration_problems import ConfigurationError
from entrypoints.configuration_sites import check_sites
from tests.shared_material import shared


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


def test_an_address_with_a_line_break_behind_is_the_address(tmp_path: Path) -> None:
    """Whatever a shell, an editor on Windows or a secret's file has left behind it."""
    lines = shared("cases/address-with-newline.env").read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 4
    for line in lines:
        name, _, quoted = line.partition("=")
        value = quoted.removeprefix("$").strip("'").replace("\\r", "\r").replace("\\n", "\n")
        assert value != value.strip(), line
        plain, odd = (
            read(None, {"PANORAMA_DATA": str(tmp_path), name: each}).storage for each in (value.strip(), value)
        )
        assert odd == plain


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
        ("PANORAMA_SERVER__PORT", "\uff18\uff10", "the digits 0 to 9 alone)"),
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


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", "{} ", " {}", "\t{}\n\n", "{}\u00a0"])
def test_white_space_around_a_value_is_no_part_of_it(tmp_path: Path, around: str) -> None:
    """A value often comes from a file that ends in a line break; it would be an address of an empty database."""
    environ = {
        "PANORAMA_DATA": around.format(tmp_path),
        "PANORAMA_SITES__LOCAL__STORAGE": around.format("sqlite:other.db"),
        "PANORAMA_SITES__LOCAL__VAULT": around.format("env:VAULT_ADDRESS"),
        "VAULT_ADDRESS": around.format("mongodb://127.0.0.1/panorama"),
        "PANORAMA_SERVER__PORT": around.format("9000"),
        "PANORAMA_APP__BASE_URLS": around.format("https://one.example"),
    }
    settings = read(None, environ)
    assert settings.storage.path == tmp_path / "other.db"
    assert settings.vault.url == "mongodb://127.0.0.1/panorama"
    assert settings.configuration.server.port == 9000
    assert settings.configuration.app.base_urls == ("https://one.example",)


def test_white_space_around_the_name_of_the_file_is_no_part_of_it(tmp_path: Path) -> None:
    """Nor is it of what PANORAMA_CONFIG names."""
    file = tmp_path / "written.toml"
    file.write_text("[server]\nport = 7\n", encoding="utf-8")
    assert read(None, {"PANORAMA_CONFIG": f"{file}\n"}).configuration.server.port == 7


def test_a_variable_of_white_space_alone_is_not_set() -> None:
    """A reference to it leads nowhere."""
    with pytest.raises(ConfigurationError, match="which is not set"):
        read(None, {"PANORAMA_SITES__LOCAL__STORAGE": "env:ADDRESS", "ADDRESS": " \n"})


def made_for(service: str) -> dict[str, str]:
    """Return every variable that Kubernetes makes for a Service with two ports, one of them with a name."""
    name = service.upper().replace("-", "_")
    ports = {80: "TCP", 53: "UDP", 9: "SCTP"}
    made = {f"{name}_SERVICE_HOST": "10.0.0.11", f"{name}_SERVICE_PORT": "80", f"{name}_SERVICE_PORT_WEB_1": "80"}
    made[f"{name}_PORT"] = "tcp://10.0.0.11:80"
    for port, protocol in ports.items():
        one = f"{name}_PORT_{port}_{protocol}"
        made[one] = f"{protocol.lower()}://10.0.0.11:{port}"
        made |= {f"{one}_PROTO": protocol.lower(), f"{one}_PORT": str(port), f"{one}_ADDR": "10.0.0.11"}
    return made


@pytest.mark.parametrize(
    "service",
    [
        "panorama",
        "panorama-server",
        "panorama-data",
        "panorama-active",
        "panorama-regions",
        "panorama-config",
        "panorama-sites--eu",
        "panorama-server--port",
        "panorama-http",
        "panorama-sites",
    ],
)
def test_what_kubernetes_makes_is_left_alone(service: str) -> None:
    """Whatever a Service is called, even like a key, its variables neither count nor stop the service."""
    configuration = read(None, made_for(service)).configuration
    assert configuration == read(None, {}).configuration


def test_the_variables_of_a_cluster_are_left_alone() -> None:
    """Those that kept the service from starting in one."""
    lines = shared("cases/kubernetes-services.env").read_text(encoding="utf-8").splitlines()
    assert read(None, dict(line.split("=", 1) for line in lines)).configuration == read(None, {}).configuration


def test_a_port_that_is_no_address_is_a_misspelt_key() -> None:
    """Only the shape tells them apart."""
    with pytest.raises(ConfigurationError, match="did you mean PANORAMA_SERVER__PORT"):
        read(None, {"PANORAMA_SERVER_PORT": "8080"})
