"""Whether passwords could be changed, without changing one."""

from typing import Final

from application.credentials.accounts import Account
from entrypoints.preflight.findings import Probe
from ports.credentials import Proof
from ports.errors import Unsupported

_PERMISSION: Final = "changePassword on the database that keeps the users"


def credential_probes(account: Account) -> list[Probe]:
    """Return the one probe of an account whose address is kept among the secrets; else nobody changes anything."""
    kept = account.kept
    if kept is None:
        return []

    async def changeable() -> None:
        address = (await kept.newest()).address
        login = account.logins.login(address)
        if login.proof is not Proof.PASSWORD or login.user is None:
            return
        by = address if account.administrator is None else (await account.administrator.newest()).address
        administration = await account.logins.administer(by)
        try:
            # The password is not looked at.
            await administration.check(account.logins.with_password(address, account.next_user(login.user), "unused"))
        except Unsupported:
            # What the database does not tell is no reason not to begin; the first rotation will tell.
            return
        finally:
            await administration.close()

    return [Probe("lets its password be replaced", changeable, permission=_PERMISSION)]
