"""What is wrong with an account that its rotation cannot mend."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import combinations

from application.credentials.accounts import Sight
from application.maintenance.jobs import Finding
from domain.credentials import is_too_old, pair
from ports.credentials import Logins, Proof
from ports.errors import InvalidArgument


class Stuck(Exception):
    """A password cannot be replaced until somebody does what the finding says."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def forbidden(part: str) -> Finding:
    """Nobody who could change the password may."""
    way_out = "give its user, or an administrator, the rights that docs/mongodb.md names"
    what = f"the database does not let the password of the {part} be changed: {way_out}"
    return Finding(code="credential-forbidden", what=what)


def refused(part: str) -> Finding:
    """The other user has the new password, and may not use the database."""
    way_out = "give both users the same roles, then it goes on by itself"
    what = f"the next user of the {part} may not log in, read and write: {way_out}"
    return Finding(code="credential-refused", what=what)


def newest_refused(part: str) -> Finding:
    """The newest version of the address does not let anybody in."""
    way_out = "put an address that is right as a new version of the secret"
    what = f"the newest version of the address of the {part} is refused: {way_out}"
    return Finding(code="credential-newest-refused", what=what)


def barred(sights: Iterable[Sight]) -> dict[str, Finding]:
    """Return, by part, why a password cannot be replaced as it is used."""
    found = {}
    alternating = [sight for sight in sights if sight.password is not None and sight.account.alternates]
    for sight in alternating:
        if sight.password is not None and sight.password.next_user == sight.password.user:
            way_out = "call the two alike but for the end, -a and -b"
            what = f"the user of the {sight.account.part} has no partner to take turns with: {way_out}"
            found[sight.account.part] = Finding(code="credential-unpaired", what=what)
    for first, second in combinations(alternating, 2):
        one, other = first.account.part, second.account.part
        if _users(first) == _users(second):
            # What is replaced for one, the other still uses.
            what = f"the {one} and the {other} log in by the same users: give each a pair of its own"
            found |= dict.fromkeys((one, other), Finding(code="credential-shared", what=what))
    return found


def findings_of(sight: Sight, environment: Mapping[str, str], now: datetime) -> Iterator[Finding]:
    """Yield what else is wrong with how an account logs in."""
    part, proof = sight.account.part, sight.login.proof
    if proof is Proof.IDENTITY:
        yield from _static(sight, environment)
    if proof is Proof.DIRECTORY:
        way_out = "replace it there, or log in by an identity"
        what = f"a directory keeps the password of the {part}: {way_out}"
        yield Finding(code="credential-unmanaged", what=what)
    if proof is Proof.PASSWORD and sight.password is None:
        way_out = "keep the whole address there and refer to it as secret:NAME"
        what = f"the password of the {part} is not kept among the site's secrets, so nobody can replace it: {way_out}"
        yield Finding(code="credential-unmanaged", what=what)
    if sight.password is not None and is_too_old(sight.password.standing.made, now):
        way_out = "`panorama credentials rotate` says what is in the way"
        yield Finding(code="credential-overdue", what=f"the password of the {part} is older than 90 days: {way_out}")


def _static(sight: Sight, environment: Mapping[str, str]) -> Iterator[Finding]:
    logins = sight.account.logins
    left = [*logins.left_over(sight.address, environment)]
    if any(_holds_secret(address, logins) for address in sight.older):
        left.append("an older version of the address holds a password")
    for where in left:
        way_out = "disable it where it is known, then take it away"
        what = f"the {sight.account.part} logs in by an identity, and yet {where}: {way_out}"
        yield Finding(code="credential-static", what=what)


def _holds_secret(address: str, logins: Logins) -> bool:
    """What is no address of this kind may hold anything."""
    try:
        return logins.login(address).proof is Proof.PASSWORD or bool(logins.left_over(address, {}))
    except InvalidArgument:
        return True


def _users(sight: Sight) -> tuple[str, str]:
    return sight.login.realm, pair(sight.login.user or "")
