"""Clients of AWS services: every timeout and every retry is stated, and credentials come from the environment.

Credentials are found as every AWS program finds them (environment, profile, container, instance role); none of them is
ever taken from the project's own configuration. On Google Cloud, AUDIENCE beside AWS's own AWS_ROLE_ARN says that the
process takes on that role by Google's word.
"""

import os
from typing import Final

import boto3
import botocore.session
from botocore.config import Config

from adapters.aws.threads import THREADS

CONNECT: Final = 3.0
"""How many seconds a connection may take to come about."""

TRIES: Final = 3
"""How often a call that may be repeated is tried, the first time included."""

ONCE: Final = 1
"""For a call whose repetition would answer differently, such as a creation that must be the first."""

AUDIENCE: Final = "AWS_WEB_IDENTITY_AUDIENCE"
"""Names for whom Google makes out a token about this process: the audience that the role trusts."""

_ROLE: Final = "AWS_ROLE_ARN"
_TAKING_ROLE: Final = 9.0
"""How many seconds that may take."""


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
    if AUDIENCE not in os.environ or _ROLE not in os.environ:
        return boto3.Session()
    from adapters.aws.on_google import take_role

    made = botocore.session.Session()
    take_role(made, os.environ[_ROLE], os.environ[AUDIENCE], settings(_TAKING_ROLE, TRIES))
    return boto3.Session(botocore_session=made)
