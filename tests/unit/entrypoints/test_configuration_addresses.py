"""Addresses are divided at their scheme and shown without their secrets."""

import pytest

from entrypoints.configuration_addresses import masked


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("sqlite:storage.db", "sqlite:storage.db"),
        ("env:STORAGE", "env:STORAGE"),
        ("mongodb://db:27017/panorama?w=majority", "mongodb://db:27017/panorama?w=majority"),
        ("mongodb://user@db/", "mongodb://user@db/"),
        ("mongodb://user:hunter2@a:1,b:2/x?w=majority", "mongodb://user:***@a:1,b:2/x?w=majority"),
        ("mongodb://:hunter2@db/", "mongodb://:***@db/"),
        ("mongodb://user:hun@ter2@db/", "mongodb://user:***@db/"),
        ("mongodb://db/?tlsCertificateKeyFilePassword=hunter2", "mongodb://db/?tlsCertificateKeyFilePassword=***"),
        ("mongodb://db/?authMechanismProperties=AWS_SESSION_TOKEN:x", "mongodb://db/?authMechanismProperties=***"),
        ("mongodb://[broken", "***"),
    ],
)
def test_passwords_and_secret_options_are_masked(address: str, shown: str) -> None:
    """What is no secret stays readable; what cannot be read is hidden whole."""
    assert masked(address) == shown
