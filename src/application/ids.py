"""Where new ids come from."""

from typing import Final

from domain.ids import ChangeId, NodeId, PanoramaId, TenantId, UserId
from ports.sources import Clock, Random

_COUNTER_SIZE: Final = 1 << 24


class Ids:
    """Makes ids from the clock and a source of chance, both passed in.

    Panoramas and nodes get ObjectIds as MongoDB describes them: 4 bytes of seconds, 5 random bytes of the process
    and a counter of 3 bytes, so that what is made together sorts and compresses together.
    """

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._process = random(5).hex()
        self._counter = int.from_bytes(random(3))

    def node(self) -> NodeId:
        """Return an id that no other node has."""
        return NodeId(self._object_id())

    def panorama(self) -> PanoramaId:
        """Return an id that no other panorama has."""
        return PanoramaId(self._object_id())

    def user(self) -> UserId:
        """Return an id that tells nothing, not even when it was made."""
        return UserId(self._random(12).hex())

    def tenant(self) -> TenantId:
        """Return an id that tells nothing, not even when it was made."""
        return TenantId(self._random(12).hex())

    def change(self) -> ChangeId:
        """Return an id that tells one's own commit from everybody else's."""
        return ChangeId(self._random(16).hex())

    def attempt(self) -> str:
        """Return a name for one try to write something, so that no two tries mix."""
        return self._random(8).hex()

    def _object_id(self) -> str:
        self._counter = (self._counter + 1) % _COUNTER_SIZE
        seconds = int(self._clock().timestamp()) & 0xFFFFFFFF
        return f"{seconds:08x}{self._process}{self._counter:06x}"
