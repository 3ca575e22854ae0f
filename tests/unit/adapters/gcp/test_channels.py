"""Where channels lead, and with whose credentials."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.gcp.channels import SCOPES, opened_channel, plain_address
from ports.errors import InvalidArgument, PermissionDenied


class Transport:
    """Makes channels that lead nowhere, and remembers what they were asked to be."""

    made: list[tuple[str, str, tuple[str, ...]]]

    @classmethod
    def create_channel(cls, host: str, credentials: Any, *, options: Any) -> grpc.aio.Channel:
        """Return a channel to nobody."""
        cls.made.append((host, credentials.service_account_email, tuple(credentials.scopes)))
        return grpc.aio.insecure_channel("127.0.0.1:1", options=options)


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this process the credentials of a service account."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "client_email": "panorama@project-1.example",
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "token_uri": "https://127.0.0.1:1/token",
    }
    given(account, tmp_path, monkeypatch)


@pytest.fixture
def federated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process be known to Google by what another cloud says of it."""
    (tmp_path / "word").write_text("of another cloud")
    sts, iam = "https://sts.googleapis.com/v1/token", "https://iamcredentials.googleapis.com/v1/projects/-"
    account = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/aws",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": sts,
        "service_account_impersonation_url": f"{iam}/serviceAccounts/panorama@project-1.example:generateAccessToken",
        "credential_source": {"file": str(tmp_path / "word")},
    }
    given(account, tmp_path, monkeypatch)


def given(account: Mapping[str, object], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put credentials where every program of Google's looks for them."""
    path = folder / "account.json"
    path.write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    Transport.made = []


@pytest.mark.parametrize(
    ("endpoint", "host"), [(None, "kms.example.com"), ("https://private.example.com:8443", "private.example.com:8443")]
)
async def test_a_channel_bears_the_credentials_of_the_process(
    credentials: None, endpoint: str | None, host: str
) -> None:
    """To the service's own host, or to the endpoint that was given in its place."""
    channel = await opened_channel(Transport, "kms.example.com", endpoint)
    assert Transport.made == [(host, "panorama@project-1.example", SCOPES)]
    await channel.close()


async def test_a_channel_with_credentials_of_another_cloud_asks_nobody(federated: None) -> None:
    """What AWS says of this process is exchanged for Google's word when Google is asked for something, not before."""
    channel = await opened_channel(Transport, "kms.example.com", None)
    assert Transport.made == [("kms.example.com", "panorama@project-1.example", SCOPES)]
    await channel.close()


async def test_a_process_without_credentials_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of credentials that is not there is a missing permission, and its path is not told."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(PermissionDenied) as raised:
        await opened_channel(Transport, "kms.example.com", None)
    assert "missing" not in str(raised.value)


def test_only_this_machine_is_spoken_to_in_clear() -> None:
    """An address without TLS is one of the loopback."""
    assert plain_address("http://127.0.0.1:80") == "127.0.0.1:80"
    assert plain_address("https://kms.example.com") is None
    assert plain_address(None) is None
    with pytest.raises(InvalidArgument):
        plain_address("http://kms.example.com")
