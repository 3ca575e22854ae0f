"""Finding out, before anything is changed, whether a site can take over, and from where."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import msgspec

from application.failover.control import ControlStores
from application.failover.former import Former, NoFormer, Reach
from application.failover.reports import Steps
from application.failover.standby import Following, Standby
from application.restore.refusals import RestoreRefused
from application.restore.sources import Stores
from domain.backups.manifests import Manifest
from domain.epochs import Word, in_force


class Verdict(msgspec.Struct, frozen=True):
    """Whether a site can serve, and what was found."""

    go: bool
    found: str


class Examined(NamedTuple):
    """What there is."""

    word: Word | None
    """The word in force; None where no majority agrees on one."""

    newest: Manifest
    """The last manifest that any store holds."""

    reach: Reach
    former: Former
    following: Following | None

    @property
    def ready(self) -> Word | None:
        """Return the word for which everything was taken already, by a run that was interrupted before the switch."""
        word, following = self.word, self.following
        return word if word is not None and following is not None and following.epoch == word.epoch else None


class Examination:
    """Looks at everything that a failover to `site` needs, and changes nothing."""

    def __init__(
        self,
        site: str,
        control: ControlStores,
        stores: Stores,
        standby: Standby,
        target: Callable[[], Awaitable[Verdict]],
        reach: Callable[[str], Awaitable[Reach]],
    ) -> None:
        """`target` tries the site's own parts; `reach` opens the site that is named."""
        self.site = site
        self.control = control
        self.stores = stores
        self.standby = standby
        self._target = target
        self._reach = reach

    async def examine(self, steps: Steps, revoked: str | None) -> Examined | None:
        """Return what there is; None where the site writes already.

        Raises RestoreRefused where the site cannot take over, and what the stores, the storage and the vault raise.
        """
        words = await steps.take("control stores", self.control.majority_words(), _words)
        word, following = in_force(words), await self.standby.following()
        if word is not None and word.site == self.site and word.open and following is None:
            return None
        await steps.take("target", self._tried(), lambda verdict: verdict.found)
        newest = await steps.take("backups", self._newest(words, revoked), _newest)
        reach, former = await steps.take("former site", self._looked(newest, revoked), lambda both: _former(both[1]))
        await steps.take("standby", self._stands(following), str)
        return Examined(word, newest, reach, former, following)

    async def _tried(self) -> Verdict:
        verdict = await self._target()
        if not verdict.go:
            raise RestoreRefused(
                f"site {self.site} cannot serve: {verdict.found}",
                f"`panorama preflight --site {self.site}` tells all of it",
            )
        return verdict

    async def _newest(self, words: Sequence[Word | None], revoked: str | None) -> Manifest:
        newest = await self.stores.newest()
        if newest is None:
            raise RestoreRefused("there are no backups to take over from", "`panorama backup status` tells more")
        position, site = newest.position, newest.manifest.site
        if site == self.site:
            raise RestoreRefused(
                f"site {site} is the one that has written last", "`panorama restore` brings back what it has lost"
            )
        if revoked is None and all(word is None or word.epoch < position.epoch for word in words):
            raise RestoreRefused(
                f"no control store knows of epoch {position.epoch}, in which site {site} has written",
                "bring the control stores back; or revoke what the site writes with, and say so with --assume-dead",
            )
        return newest.manifest

    async def _looked(self, newest: Manifest, revoked: str | None) -> tuple[Reach, Former]:
        """Return the way to the former site, and what is known of it.

        One that has lost what it had shipped must ship nothing more.
        """
        if revoked is not None:
            reach: Reach = NoFormer(newest.site, f"left alone, since somebody has revoked {revoked}")
        else:
            reach = await self._reach(newest.site)
        former = await reach.look()
        if former.silent or (former.newest is not None and former.newest >= newest.position):
            return reach, former
        why = "it answers, and has lost what it had shipped"
        return NoFormer(newest.site, why), Former(former.site, former.newest, silent=why)

    async def _stands(self, following: Following | None) -> str:
        if following is None:
            prepared = await self.standby.prepare()
            return f"empty, and {prepared.plan.size} bytes of backups are to be restored"
        line = await self.standby.behind(following)
        size = sum(each.manifest.size for each in line)
        return f"up to manifest {following.applied.position}, {len(line)} manifests with {size} bytes behind"


def _words(words: Sequence[Word | None]) -> str:
    word = in_force(words)
    found = sum(each is not None for each in words)
    says = "no majority agrees" if word is None else f"site {word.site} in epoch {word.epoch}"
    return f"{found} of {len(words)} hold a word; {says}"


def _newest(manifest: Manifest) -> str:
    return f"up to manifest {manifest.position}, made by site {manifest.site} at {manifest.created.isoformat()}"


def _former(former: Former) -> str:
    if former.silent:
        return f"{former.site}: {former.silent}"
    return f"{former.site} answers; shipped up to {former.newest}, {former.waiting} records wait"
