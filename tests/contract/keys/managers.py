"""Every key manager there is."""

from typing import Final

from tests.contract.keys import aws
from tests.contract.keys.gcp import in_cloud_kms
from tests.contract.keys.worlds import Make, in_a_file, in_memory

WORLDS: Final[dict[str, Make]] = {
    "memory": in_memory,
    "file": in_a_file,
    "gcp-kms-fake": in_cloud_kms,
    "aws-kms-strict": aws.in_strict_kms,
    "aws-kms-ministack": aws.in_ministack,
    "aws-kms-moto": aws.in_moto,
}
"""By adapter and server."""
