"""deploy/aws, applied to MiniStack as far as that goes, and what the service is then told."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import boto3

from tests.deploy.terraform import Root, copied
from tests.servers.aws import REGION, Server

SECOND: Final = "us-west-2"

_OVERRIDE: Final = """
terraform {
  backend "local" {}
}
provider "aws" {
  skip_credentials_validation = true
  s3_use_path_style           = true
}
provider "aws" {
  alias                       = "second"
  skip_credentials_validation = true
  s3_use_path_style           = true
}
"""
_DIGEST: Final = f"sha256:{0:064}"


class Applied(NamedTuple):
    """A root that has been applied, and where."""

    root: Root
    server: Server

    def output(self) -> dict[str, Any]:
        """Return every output."""
        return {name: each["value"] for name, each in self.root.document("output", "-json").items()}

    def changes(self) -> dict[str, Any]:
        """Plan anew; return what would be changed, by its kind, and one of each, before and after."""
        self.root.do("plan", "-input=false", "-no-color", "-out=again")
        found: dict[str, Any] = {}
        for each in self.root.document("show", "-json", "again")["resource_changes"]:
            if each["change"]["actions"] not in (["no-op"], ["read"]):
                found[each["type"]] = each["change"]["before"], each["change"]["after"]
        return found

    def variables(self) -> dict[str, str]:
        """Return what the container of the service is told, by the task that serves."""
        task = self.client("ecs").describe_task_definition(taskDefinition="panorama-serve")["taskDefinition"]
        (container,) = [each for each in task["containerDefinitions"] if each["name"] == "panorama"]
        return {each["name"]: each["value"] for each in container["environment"]}

    def here(self, address: str) -> str:
        """Return an address with this server in the place of AWS."""
        return f"{address}{'&' if '?' in address else '?'}endpoint={self.server.endpoint()}"

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a client of any service."""
        return client(self.server, service, region)


def applied(folder: Path, server: Server, without: Mapping[str, str]) -> Iterator[Applied]:
    """Apply it, but for what MiniStack does not know; yield it. What was made goes with the server."""
    environment = {
        "AWS_ENDPOINT_URL": server.endpoint(),
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
    }
    root = copied("aws", folder, environment)
    root.without(*without)
    (root.folder / "here_override.tf").write_text(_OVERRIDE)
    with closing(client(server, "route53")) as zones:
        zone = zones.create_hosted_zone(Name="example.com", CallerReference=str(folder))["HostedZone"]["Id"]
    given = {
        "image": f"registry.example/panorama@{_DIGEST}",
        "collector_image": f"registry.example/collector@{_DIGEST}",
        "domain": "panorama.example.com",
        "alarm_email": "alarms@example.com",
        "hosted_zone": zone.rpartition("/")[2],
    }
    (root.folder / "given.auto.tfvars.json").write_text(json.dumps(given))
    root.begin(backend=True)
    root.do("apply", "-auto-approve", "-input=false", "-no-color")
    yield Applied(root, server)


def client(server: Server, service: str, region: str = REGION) -> Any:
    """Return a client of any service of the server."""
    session: Any = boto3.Session(aws_access_key_id=server.access_key, aws_secret_access_key=server.secret_key)
    return session.client(service, endpoint_url=server.endpoint(), region_name=region)
