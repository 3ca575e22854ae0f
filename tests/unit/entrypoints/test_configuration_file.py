"""One file, or none, and the environment make the configuration; whatever is wrong is named with a way out."""

from datetime import timedelta
from pathlib import Path

import pytest

from entrypoints.configuration import EMBEDDED_SITE
from entrypoints.configuration_file import Settings, read
from entrypoints.configuration_problems import ConfigurationError

PRODUCTION = """
active = "berlin"
data = "state"

[app]
base_urls = ["https://panorama.example.com/app"]

[server]
host = "0.0.0.0"
port = 9000

[sites.berlin]
storage = "env:STORAGE_ADDRESS"
vault = "sqlite:/var/lib/panorama/vault.db"
keys = ["file:keyring", "file:second"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Name a file that a test may write."""
    return tmp_path / "panorama.toml"


def read_text(file: Path, text: str, **environ: str) -> Settings:
    """Write the file and read it."""
    file.write_text(text, encoding="utf-8")
    return read(file, environ)


def refused(file: Path, text: str, **environ: str) -> dict[str, str]:
    """Write the file, expect a refusal and return what it says by key."""
    with pytest.raises(ConfigurationError) as caught:
        read_text(file, text, **environ)
    return {problem.key: f"{problem.problem}; {problem.remedy}" for problem in caught.value.problems}


def test_without_a_file_everything_is_in_one_data_directory(tmp_path: Path) -> None:
    """The embedded default keeps storage, vault, keyring and blobs under PANORAMA_DATA."""
    settings = read(None, {"PANORAMA_DATA": str(tmp_path)})
    assert settings.configuration.site == EMBEDDED_SITE
    assert settings.source is None
    assert [address.path for address in (settings.storage, settings.vault, *settings.keys, *settings.blobs)] == [
        tmp_path / name for name in ("storage.db", "vault.db", "keyring", "blobs")
    ]


def test_the_data_directory_is_in_the_working_directory_unless_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing set and no file there: ./data."""
    monkeypatch.chdir(tmp_path)
    assert read(None, {}).data == Path("data")


def test_the_file_is_the_one_named_then_the_environment_s_then_the_working_directory_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--config goes before PANORAMA_CONFIG, which goes before ./panorama.toml."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("named.toml", "environment.toml", "panorama.toml"), start=1):
        Path(name).write_text(f"[server]\nport = {number}\n", encoding="utf-8")
    environ = {"PANORAMA_CONFIG": "environment.toml"}
    settings = [read(Path("named.toml"), environ), read(None, environ), read(None, {})]
    assert [each.configuration.server.port for each in settings] == [1, 2, 3]


def test_relative_addresses_lie_in_the_data_directory_and_that_beside_the_file(file: Path) -> None:
    """A file means the same wherever the service is started from."""
    settings = read_text(file, PRODUCTION, STORAGE_ADDRESS="sqlite:records.db")
    assert settings.data == file.parent / "state"
    assert settings.storage.path == file.parent / "state" / "records.db"
    assert settings.vault.path == Path("/var/lib/panorama/vault.db")


def test_the_only_site_is_active_without_being_named(file: Path) -> None:
    """`active` may be left out where there is no choice."""
    text = '[sites.one]\nstorage = "sqlite:s"\nvault = "sqlite:v"\nkeys = ["file:k"]\n'
    assert read_text(file, text).configuration.active == "one"


def test_base_urls_follow_the_server_s_address_unless_they_are_listed(file: Path) -> None:
    """A service that listens elsewhere expects tokens for there."""
    assert read_text(file, "[server]\nport = 9001\n").configuration.base_urls == ("http://127.0.0.1:9001",)
    listed = read_text(file, PRODUCTION, STORAGE_ADDRESS="sqlite:s").configuration
    assert listed.base_urls == ("https://panorama.example.com/app",)


def test_a_secret_address_may_lie_in_a_file_or_in_the_environment(file: Path, tmp_path: Path) -> None:
    """References are followed when the configuration is read, and stay references where it is shown."""
    (tmp_path / "secret").write_text("mongodb://user:hunter2@db/panorama\n", encoding="utf-8")
    text = PRODUCTION.replace("env:STORAGE_ADDRESS", f"file:{tmp_path / 'secret'}")
    settings = read_text(file, text)
    assert settings.storage.url == "mongodb://user:hunter2@db/panorama"
    assert "hunter2" not in repr(settings)


def test_the_recovery_key_is_read_from_its_file(file: Path, tmp_path: Path) -> None:
    """The configuration names the file; the settings hold what is in it."""
    (tmp_path / "recovery.pem").write_text("PEM", encoding="utf-8")
    text = PRODUCTION + f'recovery_key = "file:{tmp_path / "recovery.pem"}"\n'
    assert read_text(file, text, STORAGE_ADDRESS="sqlite:s").recovery_key == "PEM"


@pytest.mark.parametrize(
    ("text", "key", "phrase"),
    [
        ("actve = 'x'", "actve", "is not a key; did you mean active?"),
        ("[server]\nprot = 1", "server.prot", "is not a key; did you mean port?"),
        ("[server]\nzzz = 1", "server.zzz", "is not a key; docs/configuration.md lists every key"),
        ("[sevrer]\nport = 1", "sevrer", "is not a key; did you mean server?"),
        ("server = 1", "server", "is a table of keys, not a value; write it as a table: [server]"),
        ("[server]\nport = '80'", "server.port", "(expected int, got str); give a whole number from 1 to 65535"),
        ("[server]\nport = 70000", "server.port", "(expected int <= 65535); give a whole number from 1 to 65535"),
        ("[server]\nhost = 1", "server.host", "(expected str, got int); give a text in quotation marks"),
        ("[http]\nburst = 1.5", "http.burst", "(expected int, got float); give a whole number"),
        ("[http]\nburst = 0", "http.burst", "(0 is not above 0); give a number above 0"),
        ("[http]\nstream_seconds = 'x'", "http.stream_seconds", "(expected float, got str); give a number"),
        ("[http]\nstream_seconds = nan", "http.stream_seconds", "(nan is not above 0); give a number above 0"),
        ("[retention]\ngrace_days = nan", "retention.grace_days", "give a number not below 0 and up to 3650"),
        ("[app]\nbase_urls = 'x'", "app.base_urls", "(expected array, got str); give a list of texts"),
        ("[app]\nbase_urls = ['ftp://x']", "app.base_urls", "is not an http or https URL"),
        ("[app]\nbase_urls = ['http://[x']", "app.base_urls", "is not a URL"),
        ("[app]\nbase_urls = ['https://x?y']", "app.base_urls", "has more than scheme, host, port and path"),
        ("[app]\nbase_urls = ['http://x.org']", "app.base_urls", "is not https"),
        ("[app]\nkey_servers = []", "app.key_servers", "is empty, so nobody could install the app"),
        ("[app]\nkey = ''", "app.key", "is empty"),
        ("[app]\nhost_suffixes = ['jira.com']", "app.host_suffixes", "begin with a dot: .jira.com"),
        ("[app]\nforge_environments = ['production']", "app.forge_environments", "choose among PRODUCTION"),
        ("[app]\nforge_environments = []", "app.forge_environments", "choose among PRODUCTION"),
        ("[app]\nforge_isolated_cloud = 'A b'", "app.forge_isolated_cloud", "give the label"),
        ("[server]\nhost = '0.0.0.0'", "app.base_urls", "is empty, and 0.0.0.0 is not an address that anybody calls"),
        ("active = 'locl'", "active", "names a site that is not there: locl (there are: local); did you mean local?"),
        ("[sites.local]\nvault = 'x:y'", "sites.local.storage", "is missing"),
        ("[sites.a-b]", "sites.a-b", "is not a name for a site"),
        ("[sites]\nlocal = 1", "sites.local", "is a table of keys, not a value"),
        ("[http]\noperators = ['10.0.0.1/8']", "http.operators", "holds '10.0.0.1/8', which is no network"),
        ("[credentials]\ndays = 90", "credentials.days", "(expected int <= 89); give a whole number from 1 to 89"),
        ("[credentials]\npoll_seconds = 61", "credentials.poll_seconds", "give a number above 0 and up to 60"),
        (
            "[credentials]\nsettle_seconds = 59",
            "credentials.settle_seconds",
            "give at least twice",
        ),
        ("[credentials]\nsettle_seconds = nan", "credentials.settle_seconds", "give a number above 0"),
        ("[keys]\nlimit_days = 91", "keys.limit_days", "give a number above 0 and up to 90"),
        ("[keys]\nrest_days = 0.5", "keys.rest_days", "give a number not below 1 and up to 90"),
        ("[keys]\nrenew_days = 73", "keys.sweep_days", "leaves too little time: a new key is made a maintenance turn"),
        ("[keys]\nsweep_days = 89.5", "keys.limit_days", "leaves too little time: a sweep that is late"),
        ("[[server", "panorama.toml", "is not TOML in UTF-8"),
    ],
)
def test_each_problem_is_named_with_a_way_out(
    file: Path, monkeypatch: pytest.MonkeyPatch, text: str, key: str, phrase: str
) -> None:
    """The message says which key, what about its value, and what to do."""
    monkeypatch.chdir(file.parent)
    assert phrase in refused(Path(file.name), text)[key]


@pytest.mark.parametrize(
    ("site", "key", "phrase"),
    [
        ('storage = "nowhere"', "storage", "is not an address"),
        ('storage = "env:MISSING"', "storage", "refers to the environment variable MISSING, which is not set"),
        ('storage = "file:/nowhere/at/all"', "storage", "refers to a file that cannot be read (/nowhere/at/all)"),
        ('recovery_key = "env:KEY"', "recovery_key", "is not a reference to a file"),
        ('storage = "mongodb://u:hunter2@h/"', "storage", "holds a secret, which does not belong into a file"),
        ('storage = "mongodb://h/?tlsCertificateKeyFilePassword=hunter2"', "storage", "holds a secret"),
        ('keys = ["file:k", "vault://u:hunter2@h"]', "keys", "holds a secret"),
        ("keys = []", "keys", "names no key manager, so nothing could be sealed"),
        ('storage_administrator = "env:X"', "storage_administrator", "is no reference to a secret; keep the address"),
        (
            'vault_administrator = "secret:x"',
            "vault_administrator",
            "refers to a secret, and the site names no",
        ),
        ("deadline = 0.0", "deadline", "give a number above 0 and up to 60"),
        ("soft_delete_days = -1", "soft_delete_days", "give a number not below 0 and up to 3650"),
    ],
)
def test_each_problem_of_a_site_is_named_with_a_way_out(file: Path, site: str, key: str, phrase: str) -> None:
    """What a site's addresses lack is named by the site's key, and no secret is quoted."""
    whole = {"storage": '"sqlite:s"', "vault": '"sqlite:v"', "keys": '["file:k"]'}
    whole |= dict([site.split(" = ", 1)])
    lines = [f"{name} = {value}" for name, value in whole.items()]
    problems = refused(file, "\n".join(["[sites.berlin]", *lines]))
    assert phrase in problems[f"sites.berlin.{key}"]
    assert "hunter2" not in str(problems)


SITE_THERE = '[sites.berlin]\nstorage = "sqlite:s"\nvault = "sqlite:v"\nkeys = ["file:k"]\nsoft_delete_days = 7\n'


def test_retention_that_adds_up_to_too_much_is_refused_with_its_sum(file: Path) -> None:
    """What a removed site has left behind must be gone after 30 days; each part that counts is named with its key."""
    told = refused(file, SITE_THERE)["retention"]
    assert "adds up to 34 days, and what a site leaves behind must be gone within 30: " in told
    assert "retention.grace_days 14 + retention.maintenance_days 1 + retention.copy_days 1 + " in told
    assert "retention.vault_copy_days 10 + sites.berlin.soft_delete_days 7 + retention.pruning_days 1; " in told
    assert "take 4 days or more" in told


@pytest.mark.parametrize("text", ["grace_days = 10", "vault_copy_days = 6.0", "pruning_days = 0\ngrace_days = 11"])
def test_retention_that_is_shortened_elsewhere_is_taken(file: Path, text: str) -> None:
    """Any of the parts may give."""
    settings = read_text(file, f"[retention]\n{text}\n{SITE_THERE}")
    configuration = settings.configuration
    assert configuration.retention.policy(configuration.site.soft_delete_days).total == timedelta(days=30)
    assert configuration.retention.ledger == timedelta(days=400)


FORGE_THERE = '[app]\nforge_app = "ari:cloud:ecosystem::app/one"\n'


@pytest.mark.parametrize("key", ["silence_days", "leaving_silence_days"])
def test_both_silences_are_in_the_sum_where_forge_is_used(file: Path, key: str) -> None:
    """Each is told by its key; without Forge neither counts."""
    text = f"[retention]\n{key} = 12\n{SITE_THERE.replace('= 7', '= 3')}"
    told = refused(file, text + FORGE_THERE)
    assert told.keys() == {f"retention.{key}"}
    (sentence,) = told.values()
    assert "adds up to 32 days, and what a site leaves behind must be gone within 30: " in sentence
    assert f": retention.{key} 12 + retention.return_days 4 + retention.maintenance_days 1 + " in sentence
    assert read_text(file, text).configuration.app.is_on_forge is False


def test_the_defaults_fit_where_forge_is_used(file: Path) -> None:
    """With what providers keep for three days, and exactly."""
    configuration = read_text(file, FORGE_THERE + SITE_THERE.replace("= 7", "= 3")).configuration
    policy = configuration.policy
    assert configuration.app.is_on_forge
    assert (
        policy.total_after(policy.silence.silence) == policy.total_after(policy.silence.leaving) == timedelta(days=30)
    )


@pytest.mark.parametrize("key", ["silence_days", "leaving_silence_days"])
def test_a_silence_of_less_than_two_days_is_refused(file: Path, key: str) -> None:
    """A site that uses the app may be unheard for as long, if a process looks on that was stopped."""
    assert f"retention.{key}" in refused(file, f"[retention]\n{key} = 1.9")


def test_every_site_keeps_the_promise_by_itself(file: Path) -> None:
    """A site that only stands by is held to it as well."""
    text = f'active = "here"\n{SITE_THERE}{SITE_THERE.replace("berlin", "here").replace("= 7", "= 3")}'
    assert "sites.berlin.soft_delete_days 7" in refused(file, text)["retention"]


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    """A mistyped path never falls back to the embedded default."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read(tmp_path / "missing.toml", {})


def test_all_problems_are_told_at_once(file: Path) -> None:
    """Nobody has to start the service once for each mistake."""
    assert refused(file, "actve = 'x'\n[server]\nprot = 1\nhost = 2").keys() == {"actve", "server.prot", "server.host"}


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    """Some editors put one before UTF-8."""
    file = tmp_path / "panorama.toml"
    file.write_bytes(b"\xef\xbb\xbf[server]\r\nport = 9000\r\n")
    assert read(file, {}).configuration.server.port == 9000


def test_a_byte_order_mark_is_no_part_of_what_a_file_refers_to(tmp_path: Path) -> None:
    """Nor of an address that is kept in a file of its own."""
    (tmp_path / "address").write_bytes(b"\xef\xbb\xbfmongodb://127.0.0.1/panorama\r\n")
    settings = read(None, {"PANORAMA_SITES__LOCAL__STORAGE": f"file:{tmp_path / 'address'}"})
    assert settings.storage.url == "mongodb://127.0.0.1/panorama"


@pytest.mark.parametrize("text", ["sqlite:a.db\\n", "sqlite:a.db ", "sqlite: a\\u200b.db", "sqlite:a\\u0000.db"])
def test_an_address_has_no_character_that_cannot_be_seen(tmp_path: Path, text: str) -> None:
    """It would lead to another database than the one that is read there."""
    file = tmp_path / "panorama.toml"
    file.write_text(f'[sites.one]\nstorage = "{text}"\nvault = "sqlite:v"\nkeys = ["file:k"]\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"sites\.one\.storage: has a character that is no part of an address"):
        read(file, {})
