"""Processes of either cloud say to the other who they are, and have no key that could be lost.

A task of AWS does so by a request to AWS that it signs and does not send; an instance of Google Cloud by a token that
its machine makes out to AWS.
"""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from google.auth.exceptions import RefreshError

from adapters.aws.clients import session
from adapters.aws.keys import open_kms
from adapters.gcp.channels import own_credentials
from ports.errors import PermissionDenied
from tests.servers.aws import Server

FEDERATION = {
    "type": "external_account",
    "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/panorama/providers/aws",
    "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
    "token_url": "https://sts.googleapis.com/v1/token",
    "credential_source": {
        "environment_id": "aws1",
        "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
    },
}

ROLE = "arn:aws:iam::000000000000:role/panorama-ship-from-google"
# Three parts, as of a token; the middle one says until when it holds.
TOKEN = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b"{}", b'{"exp": 32503680000}', b"-"))


class Task(BaseHTTPRequestHandler):
    """Where a task of Fargate has its credentials."""

    def do_GET(self) -> None:
        told = {"AccessKeyId": "TASKSKEY", "SecretAccessKey": "s", "Token": "t", "Expiration": "2999-01-01T00:00:00Z"}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process be told how it says to Google who it is, and nothing else of AWS."""
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "federation.json"
    file.write_text(json.dumps(FEDERATION), encoding="utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Serve the credentials of a task."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Task) as server:
        threading.Thread(target=server.serve_forever).start()
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{server.server_port}/")
        yield
        server.shutdown()


def token() -> dict[str, Any]:
    """Return what Google would be shown."""
    credentials: Any = own_credentials()
    shown: dict[str, Any] = json.loads(unquote(credentials.retrieve_subject_token(None)))
    return shown


def test_a_task_signs_with_its_own_credentials(task: None) -> None:
    """For Google, of the region that the task is in; no static key is anywhere."""
    shown = token()
    assert shown["url"].startswith("https://sts.us-east-1.amazonaws.com")
    headers = {each["key"].lower(): each["value"] for each in shown["headers"]}
    assert "Credential=TASKSKEY/" in headers["authorization"]
    assert headers["x-amz-security-token"] == "t"
    assert headers["x-goog-cloud-target-resource"] == FEDERATION["audience"]


def test_a_process_that_aws_does_not_know_is_told_so() -> None:
    """In words, not by a failure of a driver."""
    with pytest.raises(RefreshError, match="no credentials for this process"):
        token()


def test_a_process_that_is_nowhere_is_told_so(task: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature is for a region."""
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(RefreshError, match="in which region"):
        token()


class Machine(BaseHTTPRequestHandler):
    """Where an instance of Google Cloud is told who it is."""

    asked: list[str]
    known = True

    def do_GET(self) -> None:
        self.asked.append(self.path)
        told = TOKEN if "identity" in self.path else json.dumps({"email": "serve@example.iam.gserviceaccount.com"})
        self.send_response(200 if self.known else 404)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", "text/plain" if told is TOKEN else "application/json")
        self.end_headers()
        self.wfile.write(told.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Machine]]:
    """Be an instance of Google Cloud that is to be a role of AWS."""

    class Here(Machine):
        asked: list[str] = []  # noqa: RUF012 - one list for all requests of this server, and for no other server

    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_WEB_IDENTITY_AUDIENCE", "panorama-aws")
    with ThreadingHTTPServer(("127.0.0.1", 0), Here) as server:
        threading.Thread(target=server.serve_forever).start()
        # The driver reads the variable for this when it is imported.
        monkeypatch.setattr(
            "google.auth.compute_engine._metadata._GCE_METADATA_HOST", f"127.0.0.1:{server.server_port}"
        )
        yield Here
        server.shutdown()


def test_an_instance_is_the_role_that_trusts_it(
    instance: type[Machine], ministack_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a token that is made out to that role's audience; what AWS hands out is in force for all that it opens."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", ministack_server.endpoint())
    opened = session()
    assert instance.asked == []
    found = opened.get_credentials()
    assert found is not None
    frozen = found.get_frozen_credentials()
    assert frozen.access_key
    assert frozen.token
    (asked,) = [path for path in instance.asked if "identity" in path]
    assert "audience=panorama-aws" in asked
    found.get_frozen_credentials()
    assert len([path for path in instance.asked if "identity" in path]) == 1


async def test_an_instance_that_google_does_not_know_may_nothing(
    instance: type[Machine],
) -> None:
    """It is told so as whoever has no credentials is; and only when it asks for something."""
    instance.known = False
    manager = await open_kms("1234abcd-12ab-34cd-56ef-1234567890ab", region="us-east-1")
    with pytest.raises(PermissionDenied):
        await manager.wrap(b"k" * 32, b"context")
    await manager.close()
