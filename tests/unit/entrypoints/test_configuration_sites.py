"""Every site and every address is looked at before anything is opened: its adapter, its form and where it is."""

import re
from pathlib import Path

import pytest

from entrypoints.clouds import cloud_of_store
from entrypoints.configuration import REGIONS
from entrypoints.configuration_file import Settings, read
from entrypoints.configuration_problems import ConfigurationError
from entrypoints.configuration_regions import is_allowed
from entrypoints.configuration_sites import check_sites, explanation
from entrypoints.schemes import SCHEMES

HERE = {"storage": '"sqlite:s"', "vault": '"sqlite:v"', "keys": '["file:k"]'}


def site(name: str, **values: str) -> str:
    """Write a site of the file; what is not given is on this machine."""
    return "\n".join([f"[sites.{name}]", *(f"{key} = {value}" for key, value in (HERE | values).items()), ""])


def settings_of(folder: Path, text: str, **environ: str) -> Settings:
    """Write the file and read it."""
    (folder / "panorama.toml").write_text(text, encoding="utf-8")
    return read(folder / "panorama.toml", environ)


def refused(folder: Path, text: str, **environ: str) -> dict[str, str]:
    """Expect that the sites are refused, and return what is said by key."""
    with pytest.raises(ConfigurationError) as caught:
        check_sites(settings_of(folder, text, **environ))
    assert "hunter2" not in str(caught.value)
    return {problem.key: f"{problem.problem}; {problem.remedy}" for problem in caught.value.problems}


@pytest.mark.parametrize(
    "region", ["local", "us", "US", "us-east-1", "us-gov-west-1", "us-central1", "us-west4", "NAM4"]
)
def test_the_machine_itself_and_the_united_states_are_allowed(region: str) -> None:
    """As AWS and Google name their regions, multi-regions and dual regions there."""
    assert is_allowed(region, REGIONS)


@pytest.mark.parametrize(
    "region",
    [
        "eu-west-1",
        "europe-west3",
        "eu",
        "global",
        "ca-central-1",
        "northamerica-northeast1",
        "nam-eur-asia1",
        "usa",
        "",
        "aus-east",
    ],
)
def test_everything_else_is_outside(region: str) -> None:
    """Neighbours, names that only look alike, and what is everywhere at once."""
    assert not is_allowed(region, REGIONS)


def test_an_operator_may_allow_other_regions_instead() -> None:
    """By name, or by what the name begins with."""
    assert is_allowed("europe-west3", ("europe-*",))
    assert is_allowed("EU-central-1", ("eu-Central-1",))
    assert not is_allowed("us-east-1", ("eu-*", "europe-*"))
    assert not is_allowed("local", ())


def test_a_site_outside_is_refused_even_when_it_is_not_active(tmp_path: Path) -> None:
    """It could become active, and its keys wrap everything already."""
    text = 'active = "one"\n' + site("one") + site("two", region='"eu-west-1"')
    problems = refused(tmp_path, text)
    assert problems.keys() == {"sites.two.region"}
    assert "eu-west-1" in problems["sites.two.region"]
    check_sites(settings_of(tmp_path, 'regions = ["local", "eu-*"]\n' + text))


@pytest.mark.parametrize(
    ("values", "key", "phrase"),
    [
        (
            {"storage": '"sqlte:s"'},
            "storage",
            "has a scheme for which there is no adapter; begin with one of",
        ),
        ({"vault": '"dir:v"'}, "vault", "has a scheme for which there is no adapter"),
        ({"keys": '["file:k", "sqlite:k"]'}, "keys", "has a scheme for which there is no adapter"),
        ({"blobs": '["file:b"]'}, "blobs", "has a scheme for which there is no adapter"),
        ({"secrets": '"dir:s"'}, "secrets", "has a scheme for which there is no adapter"),
        ({"secrets": '"file:s?keyrng=k"'}, "secrets", "does not know: keyrng; did you mean keyring?"),
        ({"storage": '"sqlite:s?mode=ro"'}, "storage", "does not know: mode; write it like sqlite:storage.db"),
        ({"keys": '["file:?"]'}, "keys", "is not an address as file: takes it; write it like file:keyring"),
    ],
)
@pytest.mark.parametrize("active", ["one", "two"])
def test_a_misshapen_address_is_refused_in_every_site(
    tmp_path: Path, active: str, values: dict[str, str], key: str, phrase: str
) -> None:
    """Each problem names the key of the site, and how such an address is written."""
    text = f'active = "{active}"\n' + site("one") + site("two", **values)
    assert phrase in refused(tmp_path, text)[f"sites.two.{key}"]


def test_what_is_no_address_in_another_site_is_refused_too(tmp_path: Path) -> None:
    """All problems at once."""
    text = 'active = "one"\nregions = ["eu"]\n' + site("one") + site("two", blobs='["nowhere"]')
    assert refused(tmp_path, text).keys() == {"sites.one.region", "sites.two.region", "sites.two.blobs"}


def test_references_of_other_sites_are_not_followed(tmp_path: Path) -> None:
    """What they lead to may be known on that site's machines only."""
    elsewhere = site("two", storage='"env:NOT_SET"', vault='"file:/run/secrets/none"')
    secret = site("three", storage='"secret:a"', blobs='["secret:b"]', secrets='"file:s"')
    text = site("one") + elsewhere + secret
    check_sites(settings_of(tmp_path, 'active = "one"\n' + text))
    broken = site("four", storage='"env:NOT_SET"', vault='"sqlte:v"')
    assert refused(tmp_path, 'active = "one"\n' + text + broken).keys() == {"sites.four.vault"}
    with pytest.raises(ConfigurationError, match="NOT_SET"):
        settings_of(tmp_path, 'active = "two"\n' + text)


@pytest.mark.parametrize("key", ["storage", "vault", "recovery_key"])
def test_a_reference_needs_secrets(tmp_path: Path, key: str) -> None:
    """A site without any cannot follow it."""
    with pytest.raises(ConfigurationError, match=f"sites.one.{key}: refers to a secret, and the site names no secrets"):
        settings_of(tmp_path, site("one", **{key: '"secret:a"'}))


def test_secrets_do_not_keep_their_own_address(tmp_path: Path) -> None:
    """Nobody could open them."""
    with pytest.raises(ConfigurationError, match=r"sites\.one\.secrets: refers to a secret"):
        settings_of(tmp_path, site("one", secrets='"secret:a"'))


def test_an_address_is_explained(tmp_path: Path) -> None:
    """What is there, in which region, and nothing that is secret."""
    text = site("one", region='"us-east-1"', blobs='["secret:b", "dir:b"]', secrets='"file:s"')
    settings = settings_of(tmp_path, text)
    told = [explanation(address, settings.configuration.site.region) for address in settings.addresses]
    assert [(each.key.rpartition(".")[2], each.what, each.region) for each in told] == [
        ("storage", "an SQLite file of this machine", "us-east-1"),
        ("vault", "an SQLite file of this machine", "us-east-1"),
        ("keys", "a keyring file of this machine", "us-east-1"),
        ("blobs", "one of the site's secrets", None),
        ("blobs", "a directory of this machine", "us-east-1"),
        ("secrets", "a sealed file of this machine", "us-east-1"),
    ]


@pytest.mark.parametrize(("kind", "scheme"), [(kind, scheme) for kind, known in SCHEMES.items() for scheme in known])
def test_the_example_of_each_scheme_is_one(kind: str, scheme: str, tmp_path: Path) -> None:
    """What a message tells an operator to write is accepted, and the page shows it."""
    form = SCHEMES[kind][scheme].form
    value = f'["{form}"]' if kind in {"keys", "blobs", "stores"} else f'"{form}"'
    one = site("one", region='"us-east-1"', **({} if kind == "stores" else {kind: value}))
    check_sites(settings_of(tmp_path, one + (f"[control]\nstores = {value}\n" if kind == "stores" else "")))
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert re.search(re.escape(f"`{form}`"), page)


@pytest.mark.parametrize(
    ("kind", "address", "region"),
    [
        ("storage", "mongodb://db.example.com/panorama", "us-west-2"),
        ("storage", "mongodb://c.cluster-x.us-east-1.docdb.amazonaws.com:27017/panorama?tls=true", "us-east-1"),
        ("vault", "mongodb+srv://cluster.example.mongodb.net/vault?appName=region", "us-west-2"),
        ("keys", "aws-kms:arn:aws:kms:us-east-2:123456789012:key/mrk-1", "us-east-2"),
        ("keys", "aws-kms:mrk-1?region=US-EAST-1", "us-east-1"),
        ("keys", "gcp-kms:projects/p/locations/us-central1/keyRings/r/cryptoKeys/k", "us-central1"),
        ("blobs", "s3://bucket?region=us-gov-west-1", "us-gov-west-1"),
        ("blobs", "gs://bucket/some/prefix?region=NAM4", "nam4"),
    ],
)
def test_a_region_is_told_by_the_address_or_else_by_the_site(
    tmp_path: Path, kind: str, address: str, region: str
) -> None:
    """Each cloud's addresses say it in their own way."""
    value = f'["{address}"]' if kind in {"keys", "blobs"} else f'"{address}"'
    settings = settings_of(tmp_path, site("one", region='"us-west-2"', **{kind: value}))
    check_sites(settings)
    told = {each.key: explanation(each, "us-west-2").region for each in settings.addresses}
    assert told[f"sites.one.{kind}"] == region


@pytest.mark.parametrize(
    ("kind", "address", "phrase"),
    [
        ("storage", "mongodb://c.cluster-x.eu-west-1.docdb.amazonaws.com/p", "is in the region eu-west-1"),
        ("keys", "aws-kms:arn:aws:kms:eu-west-1:123456789012:key/k", "is in the region eu-west-1"),
        ("keys", "aws-kms:arn:aws:kms:us-east-1:123456789012:key/k?region=us-east-2", "states two regions"),
        ("keys", "aws-kms:mrk-1", "does not state its region; write it like aws-kms:1234abcd-"),
        ("keys", "aws-kms:alias/panorama?region=us-east-1", "where an alias leads may change"),
        ("keys", "aws-kms:arn:aws:kms:us-east-1:123456789012:alias/a", "where an alias leads may change"),
        ("keys", "gcp-kms:projects/p/locations/global/keyRings/r/cryptoKeys/k", "is in the region global"),
        ("keys", "gcp-kms:projects/p/keyRings/r", "is not an address as gcp-kms: takes it"),
        ("blobs", "s3://bucket/prefix", "does not state its region"),
        ("blobs", "s3://bucket?region=ca-central-1", "is in the region ca-central-1"),
        ("blobs", "gs://bucket?region=eu", "is in the region eu"),
        ("blobs", "gs://bucket?region=us&endpoint=http://storage.example.com", "has an endpoint that is not https"),
        (
            "blobs",
            "s3://bucket?region=us-east-1&cloud=gcp",
            "states a cloud where the address tells by itself whose it is",
        ),
        (
            "blobs",
            "gs://bucket?region=us&endpoint=https://storage.googleapis.com&cloud=aws",
            "the address tells by itself",
        ),
        (
            "blobs",
            "s3://bucket?region=us-east-1&endpoint=https://a.example.com&cloud=Some one",
            "no name in small letters",
        ),
        ("blobs", "s3:bucket?region=us-east-1", "is not an address as s3: takes it; write it like s3://bucket/prefix"),
    ],
)
def test_keys_and_stores_outside_are_refused_like_the_site_itself(
    tmp_path: Path, kind: str, address: str, phrase: str
) -> None:
    """Nothing of a site may be where its data may not be."""
    value = f'["{address}"]' if kind in {"keys", "blobs"} else f'"{address}"'
    assert phrase in refused(tmp_path, site("one", region='"us-west-2"', **{kind: value}))[f"sites.one.{kind}"]


def test_an_endpoint_of_nobody_known_may_say_whose_cloud_it_is_in(tmp_path: Path) -> None:
    """A private way into AWS leads to a store that is lost with AWS."""
    value = '["s3://bucket?region=us-east-1&endpoint=https://s3.example.com&cloud=aws"]'
    settings = settings_of(tmp_path, site("one", region='"us-west-2"', blobs=value))
    check_sites(settings)
    assert [cloud_of_store(each) for each in settings.blobs] == ["aws"]
    nobody = value.replace("&cloud=aws", "")
    assert [cloud_of_store(each) for each in settings_of(tmp_path, site("one", blobs=nobody)).blobs] == [
        "s3.example.com"
    ]


def test_a_site_in_a_cloud_says_where_it_is(tmp_path: Path) -> None:
    """Only what is on the machine itself is `local`."""
    problems = refused(tmp_path, site("one", storage='"mongodb://db.example.com/p"'))
    assert problems == {
        "sites.one.region": "is local, but storage is not on this machine; "
        'state where it is, as in region = "us-east-1"'
    }
