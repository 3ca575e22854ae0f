"""Every blob store there is."""

from typing import Final

from tests.contract.blobs.worlds import Make, in_a_directory, in_memory

WORLDS: Final[dict[str, Make]] = {"memory": in_memory, "dir": in_a_directory}
"""By adapter and server."""
