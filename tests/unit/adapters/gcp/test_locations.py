"""Where an answer of Google Cloud may lead."""

import pytest

from adapters.gcp.locations import checked_location
from ports.errors import Unavailable

GOOGLE = "https://storage.googleapis.com/upload/storage/v1/b/b/o"
LOCAL = "http://127.0.0.1:4443/upload/storage/v1/b/b/o"
OWN = "https://objects.example.com/upload"


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        (GOOGLE, f"{GOOGLE}?uploadType=resumable&upload_id=ABg5-UxX_y~z"),
        (GOOGLE, "https://www.googleapis.com/upload?upload_id=1"),
        (GOOGLE, "https://STORAGE.googleapis.com:443/upload?upload_id=1"),
        (LOCAL, f"{LOCAL}?upload_id=1"),
        (OWN, "https://objects.example.com:443/other?upload_id=1"),
    ],
)
def test_an_answer_leads_to_where_it_came_from(asked: str, location: str) -> None:
    """Google's hosts count as one, others only as themselves."""
    assert checked_location(location, asked) == location


def test_an_address_may_be_relative() -> None:
    """It is one of the host that was asked."""
    assert checked_location("?upload_id=1", LOCAL) == f"{LOCAL}?upload_id=1"
    assert checked_location("/x?upload_id=1", GOOGLE) == "https://storage.googleapis.com/x?upload_id=1"


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        (GOOGLE, ""),
        (GOOGLE, "https://storage.googleapis.com.example.com/x"),
        (GOOGLE, "https://examplegoogleapis.com/x"),
        (GOOGLE, "https://storage.googleapis.com@example.com/x"),
        (GOOGLE, "https://example.com@storage.googleapis.com/x"),
        (GOOGLE, "https://example.com\\@storage.googleapis.com/x"),
        (GOOGLE, "https://example.com\\.googleapis.com/x"),
        (GOOGLE, "//example.com/x"),
        (GOOGLE, "http://storage.googleapis.com/x"),
        (GOOGLE, "https://storage.googleapis.com:8443/x"),
        (GOOGLE, "https://storage.googleapis.com:nine/x"),
        (GOOGLE, "https://storage.googleapis.com/x\r\nHost: example.com"),
        (GOOGLE, "https://storage.googleapis.com /x"),
        (GOOGLE, "https://st\u00f6rage.googleapis.com/x"),
        (GOOGLE, "https://[::1/x"),
        (GOOGLE, "ftp://storage.googleapis.com/x"),
        (GOOGLE, "https://169.254.169.254/computeMetadata/v1"),
        (LOCAL, "http://127.0.0.1:4444/x"),
        (LOCAL, "http://localhost:4443/x"),
        (LOCAL, GOOGLE),
        (OWN, GOOGLE),
        (OWN, "http://objects.example.com/x"),
    ],
)
def test_it_leads_nowhere_else(asked: str, location: str) -> None:
    """Another host, port or scheme, and what two readers may read in two ways, is no address to send data to."""
    with pytest.raises(Unavailable) as raised:
        checked_location(location, asked)
    assert "example" not in str(raised.value)
