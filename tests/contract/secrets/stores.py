"""Every secret store there is."""

from typing import Final

from tests.contract.secrets import aws
from tests.contract.secrets.gcp import in_secret_manager
from tests.contract.secrets.worlds import Make, in_a_file, in_memory

WORLDS: Final[dict[str, Make]] = {
    "memory": in_memory,
    "file": in_a_file,
    "aws-secrets-ministack": aws.in_ministack,
    "aws-secrets-strict": aws.in_strict_secrets,
    "gcp-secrets-fake": in_secret_manager,
}
"""By adapter and server."""
