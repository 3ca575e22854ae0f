"""What the service's identity must be allowed to do, in each provider's own words."""

from collections.abc import Mapping
from typing import Final

_FILES: Final = "read and write in its folder"
_ROLE: Final = "the role readWrite on the database"

PERMISSIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {"read": _FILES, "write": _FILES},
    "mongodb": {"read": _ROLE, "write": _ROLE},
    "mongodb+srv": {"read": _ROLE, "write": _ROLE},
    "dir": dict.fromkeys(("check", "read", "write", "list", "delete"), _FILES),
    "file": {
        **dict.fromkeys(("check", "read", "write", "list", "delete"), _FILES),
        **dict.fromkeys(("wrap", "unwrap", "rewrap", "describe"), "read and write of its file, which nobody else may"),
    },
    "s3": {
        "check": "s3:ListBucket, s3:GetBucketObjectLockConfiguration",
        "read": "s3:GetObject",
        "write": "s3:PutObject",
        "list": "s3:ListBucket",
        "delete": "s3:DeleteObject",
        "retain": "s3:PutObjectRetention",
    },
    "gs": {
        "check": "storage.buckets.get",
        "read": "storage.objects.get",
        "write": "storage.objects.create",
        "list": "storage.objects.list",
        "delete": "storage.objects.delete",
        "retain": "storage.objects.setRetention",
    },
    "aws-kms": {
        "wrap": "kms:Encrypt",
        "unwrap": "kms:Decrypt",
        "rewrap": "kms:ReEncryptFrom, kms:ReEncryptTo",
        "describe": "kms:DescribeKey, kms:GetKeyRotationStatus, kms:ListKeyRotations",
    },
    "gcp-kms": {
        "wrap": "cloudkms.cryptoKeyVersions.useToEncrypt",
        "unwrap": "cloudkms.cryptoKeyVersions.useToDecrypt",
        "rewrap": "cloudkms.cryptoKeyVersions.useToDecrypt",
        "describe": "cloudkms.cryptoKeys.get",
    },
    "aws-secrets": {
        "check": "secretsmanager:ListSecrets",
        "read": "secretsmanager:GetSecretValue",
        "write": "secretsmanager:CreateSecret, secretsmanager:PutSecretValue",
        "list": "secretsmanager:ListSecretVersionIds",
        "delete": "secretsmanager:UpdateSecretVersionStage",
    },
    "gcp-secrets": {
        "check": "secretmanager.secrets.list",
        "read": "secretmanager.versions.access",
        "write": "secretmanager.secrets.create, secretmanager.versions.add",
        "list": "secretmanager.versions.list",
        "delete": "secretmanager.versions.destroy",
    },
}
"""By scheme and by what is done."""
