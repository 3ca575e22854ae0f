"""Everything that looks after the index from issues to panoramas, put together."""

from application.keys.care import KeyCare
from application.keys.index_keys import IndexKeys
from application.panoramas.index_rotation import IndexKeyRotation
from application.panoramas.index_succession import IndexSuccession
from application.panoramas.index_tidying import IndexTidying
from application.panoramas.repository import Panoramas
from application.sealing.records import Records
from ports.sources import Monotonic, Random


class IndexCare:
    """The jobs that keep index keys young and the index true, of one process."""

    def __init__(
        self, records: Records, panoramas: Panoramas, care: KeyCare, monotonic: Monotonic, random: Random
    ) -> None:
        self.keys = IndexKeys(records, panoramas.clock, random)
        self.succession = IndexSuccession(
            self.keys, panoramas, records.storage, care.generations, care.witness, care.policy
        )
        self.rotation = IndexKeyRotation(self.succession, care.generations, monotonic)
        self.tidying = IndexTidying(self.keys, panoramas, records.storage, care.generations, monotonic)
