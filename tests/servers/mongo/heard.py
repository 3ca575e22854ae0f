"""Commands outside of the portable subset that MongoDB was sent; looked at after every test, so without a driver."""

from typing import Final

OUTSIDE: Final[list[str]] = []
"""What this process has sent, to whichever server."""

ARRIVED: Final[list[str]] = []
"""What has arrived at a gateway, from whichever process."""
