"""Everything that looks after keys once they are made, put together."""

from application.keys.lifecycle import LifeCycle
from application.keys.requests import RotationRequests
from application.keys.rotation import DataKeyRotation
from application.keys.status import KeyStatus
from application.keys.succession import Succession
from application.keys.uses import GenerationUses, NobodyElse
from application.keys.vault import KeyVault
from application.keys.witness import Witness
from application.sealing.courtesy import Courtesy
from application.sealing.records import Records
from application.sealing.resealing import Resealing
from domain.rotation import Policy
from ports.sources import Clock, Monotonic, Random, Sleep


class KeyCare:
    """The life cycle of data keys, what is asked of it, and the job that drives it, of one process.

    `uses` knows who else may need an old key.
    """

    def __init__(
        self,
        records: Records,
        vault: KeyVault,
        policy: Policy,
        clock: Clock,
        monotonic: Monotonic,
        sleep: Sleep,
        random: Random,
        uses: GenerationUses | None = None,
    ) -> None:
        self.policy = policy
        self.generations = vault.generations
        self.lifecycle = LifeCycle(vault, clock, random)
        self.witness = Witness(monotonic)
        self.requests = RotationRequests(records, self.lifecycle, clock, random)
        self.succession = Succession(
            self.lifecycle,
            Resealing(records.storage, vault, random, Courtesy(monotonic, sleep)),
            uses or NobodyElse(),
            self.witness,
            policy,
            clock,
        )
        self.rotation = DataKeyRotation(self.succession, self.requests, clock, monotonic)
        self.status = KeyStatus(vault.generations, vault.wraps, records.storage, policy, clock)
