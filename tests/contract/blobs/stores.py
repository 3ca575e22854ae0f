"""Every blob store there is."""

from typing import Final

from tests.contract.blobs import aws
from tests.contract.blobs.gcp import in_cloud_storage
from tests.contract.blobs.gcp_by_others import in_fake_gcs_server
from tests.contract.blobs.laws import LAWS
from tests.contract.blobs.local import in_a_directory, in_memory
from tests.contract.blobs.worlds import Make

WORLDS: Final[dict[str, Make]] = {
    "memory": in_memory,
    "dir": in_a_directory,
    "s3-ministack": aws.in_ministack,
    "s3-moto": aws.in_moto,
    "s3-radosgw": aws.in_radosgw,
    "gs-fake": in_cloud_storage,
    "gs-fake-gcs-server": in_fake_gcs_server,
}
"""By adapter and server."""

SECOND_OPINIONS: Final = frozenset({"s3-moto", "gs-fake-gcs-server"})
"""Servers beside others of their kind, asked because they were written by others still."""

COSTLY: Final = frozenset(
    {
        "a_call_ends_in_time",
        "a_reading_ends_in_time",
        "any_number_of_names_is_listed",
        "large_content_is_whole",
        "more_calls_than_there_is_room_for_are_answered",
        "no_increment_is_lost",
        "nobody_sees_a_torn_blob",
        "parts_make_one_blob",
    }
)
"""Laws that take many requests or megabytes, or are about the network: one server of a kind is asked for them."""

CASES: Final = [(world, law) for world in WORLDS for law in LAWS if world not in SECOND_OPINIONS or law not in COSTLY]
"""Which law is asked of which store."""
