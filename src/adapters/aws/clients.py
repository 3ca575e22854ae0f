"""Clients of AWS services: every timeout and every retry is stated, and credentials come from the environment.

Credentials are found as every AWS program finds them (environment, profile, container, instance role); none of them is
ever taken from the project's own configuration.
"""

from typing import Final

import boto3
from botocore.config import Config

from adapters.aws.threads import THREADS

CONNECT: Final = 3.0
"""How many seconds a connection may take to come about."""

TRIES: Final = 3
"""How often a call that may be repeated is tried, the first time included."""

ONCE: Final = 1
"""For a call whose repetition would answer differently, such as a creation that must be the first."""


def settings(deadline: float, tries: int) -> Config:
    """Return what a client keeps to: a connection on which nothing comes is given up in time for the other tries."""
    return Config(
        connect_timeout=min(CONNECT, deadline / tries),
        read_timeout=deadline / tries,
        retries={"total_max_attempts": tries, "mode": "standard"},
        max_pool_connections=THREADS,
    )


def session() -> boto3.Session:
    """Return a session of its own: the one that boto3 shares between all is not safe to use in several threads."""
    return boto3.Session()
