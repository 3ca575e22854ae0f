"""Every blob store there is."""

from typing import Final

from tests.contract.blobs import aws
from tests.contract.blobs.gcp import in_cloud_storage
from tests.contract.blobs.local import in_a_directory, in_memory
from tests.contract.blobs.worlds import Make

WORLDS: Final[dict[str, Make]] = {
    "memory": in_memory,
    "dir": in_a_directory,
    "s3-ministack": aws.in_ministack,
    "s3-radosgw": aws.in_radosgw,
    "gs-fake": in_cloud_storage,
}
"""By adapter and server."""
