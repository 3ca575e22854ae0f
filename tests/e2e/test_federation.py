"""A task of AWS says to Google who it is, by a request to AWS that it signs and does not send."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from google.auth.exceptions import RefreshError

from adapters.gcp.channels import own_credentials

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
