"""deploy/common/app.json, which both clouds are built from, says what the service itself says."""

import json
from typing import Any, Final

import pytest

from application.backups import names
from application.failover.control import NAME as WORD
from application.keys.findings import finding
from application.retention.findings import no_tenant_heard, platform_silent
from domain.retention import keeps_the_promise
from entrypoints.configuration import LOCAL, REGIONS, Configuration
from entrypoints.configuration_keys import KEYS, environment_name
from entrypoints.configuration_regions import is_allowed
from entrypoints.configuration_shape import value_problems
from tests.shared_material import REPOSITORY

APP: Final[dict[str, Any]] = json.loads((REPOSITORY / "deploy/common/app.json").read_text(encoding="utf-8"))
SETTINGS: Final[dict[str, Any]] = APP["settings"]
DIFFERENT: Final = {
    "data": "the folder that the image keeps for it",
    "server.host": "the load balancer is another machine",
    "backups.prune": "the identity that serves may not delete",
}
"""What a cloud sets otherwise than the service does by itself, and why."""


def sources(folder: str) -> str:
    """Return the text of all modules beneath a folder of the project."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "src" / folder).rglob("*.py")))


def dockerfile() -> str:
    """Return how the image is made."""
    return (REPOSITORY / "deploy/image/Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SETTINGS)
def test_each_setting_is_one_of_the_service(path: str) -> None:
    """By its path, with a value that it takes, and with the default unless there is a reason to differ."""
    key = KEYS[path]
    assert list(value_problems(path, SETTINGS[path], key.type)) == []
    assert (SETTINGS[path] != key.default) == (path in DIFFERENT)


@pytest.mark.parametrize("path", SETTINGS)
def test_a_setting_becomes_a_variable_as_the_service_reads_it(path: str) -> None:
    """By a rule that is simple enough for both clouds to follow."""
    rule = APP["environment"]
    assert rule["prefix"] + path.replace(".", rule["nesting"]).upper() == environment_name(path)


def test_everything_that_erasure_adds_up_is_set() -> None:
    """So that what the buckets keep and what the service believes cannot drift apart; the sum keeps the promise."""
    retention = Configuration().retention
    assert {f"retention.{name}" for name in retention.__struct_fields__} <= SETTINGS.keys()
    assert {f"backups.{name}" for name in Configuration().backups.__struct_fields__} <= SETTINGS.keys()
    assert keeps_the_promise(retention.policy(APP["soft_delete"]["days"]))


def test_a_noncurrent_version_is_gone_within_the_soft_delete() -> None:
    """S3 rounds up to the next midnight, and gets round to it within a day."""
    assert APP["soft_delete"]["noncurrent_days"] + 2 <= APP["soft_delete"]["days"]


def test_keys_of_key_managers_and_ways_in_live_no_longer_than_data_keys() -> None:
    """Ninety days, all of them."""
    assert APP["rotation_days"] == APP["staff_days"] == SETTINGS["keys.limit_days"] == 90


def test_what_is_scheduled_is_in_time() -> None:
    """Maintenance and pruning run more often than the arithmetic of erasure counts with."""
    hours = {name: schedule["every_hours"] for name, schedule in APP["schedules"].items()}
    assert hours["maintain"] <= SETTINGS["retention.maintenance_days"] * 24
    assert hours["prune"] <= SETTINGS["retention.pruning_days"] * 12
    assert APP["schedules"]["prune"]["command"] == ["backup", "prune"]


def test_the_image_is_called_as_it_is_made() -> None:
    """Its program, its user, its data directory and its port."""
    image = APP["image"]
    assert f"ENTRYPOINT {json.dumps(image['program'])}" in dockerfile()
    assert f"CMD {json.dumps([*image['program'], *image['health']])}" in dockerfile()
    assert f"USER {image['user']}:{image['user']}" in dockerfile()
    assert f"PANORAMA_DATA={SETTINGS['data']}\n" in dockerfile()
    assert f"EXPOSE {SETTINGS['server.port']}\n" in dockerfile()


@pytest.mark.parametrize("path", APP["paths"].values())
def test_the_service_answers_there(path: str) -> None:
    """Whatever a load balancer or a collector asks for is served."""
    assert f'@get("{path}"' in sources("entrypoints/http")


def test_objects_are_called_as_the_service_calls_them() -> None:
    """What is replicated, what expires soon, and what a control store holds."""
    objects = APP["objects"]
    assert objects["segments_and_snapshots"] == [names.OBJECTS, names.MANIFESTS]
    for prefix in (names.VAULT_COPIES, names.VAULT_OBJECTS):
        assert prefix.startswith(objects["vault_copies"])
    assert objects["word"] == WORD
    assert f'"{objects["trial"]}' in sources("entrypoints/preflight")


@pytest.mark.parametrize("name", APP["alerts"])
def test_each_alert_looks_at_a_metric_that_there_is(name: str) -> None:
    """One of the service's own, with labels that it gives, and bad on one side."""
    alert = APP["alerts"][name]
    metric = alert["metric"]
    written = sources("entrypoints/http")
    assert f'"{metric}"' in written or f'"{metric.removeprefix("panorama_backup_")}"' in written
    assert ("above" in alert) != ("below" in alert)
    for code in alert.get("labels", {}).get("code", ()):
        assert code in {platform_silent(4, 9).code, no_tenant_heard(3).code} or finding(code).code == code


def test_an_outage_of_forge_wakes_an_operator_however_few_sites_there_are() -> None:
    """What is told of more than three sites, and what is told of fewer, before any of them is purged."""
    codes = [platform_silent(4, 9).code, no_tenant_heard(3).code]
    assert APP["alerts"]["platform-silent"]["labels"]["code"] == codes


def test_data_and_keys_may_be_where_the_service_lets_them_be() -> None:
    """Everywhere but on the machine itself, which a cloud is not; both places of each cloud are there."""
    allowed = APP["regions"]["allowed"]
    assert {LOCAL, *allowed} == set(REGIONS)
    places = [place for cloud in ("aws", "gcp") for place in APP["regions"][cloud].values()]
    assert [place for place in places if not is_allowed(place, allowed)] == []
