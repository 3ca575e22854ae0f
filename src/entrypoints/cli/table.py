"""Table of the commands: what `--help` lists, and where each command is imported from when it is chosen.

A test holds the texts here against the docstrings of the commands, which `panorama <command> --help` shows.
"""

from typing import Final, NamedTuple, TypeAlias


class Entry(NamedTuple):
    """One command."""

    name: str

    target: str
    """The function, as `module:attribute`."""

    help: str
    """The first paragraph of its docstring."""


class Group(NamedTuple):
    """Commands under a common name."""

    name: str
    help: str
    entries: tuple[Entry, ...]


Table: TypeAlias = tuple[Entry | Group, ...]

COMMANDS: Final[Table] = (
    Entry(
        "serve",
        "entrypoints.cli.serve:serve",
        "Serve until SIGTERM or Ctrl-C, which end it in order, with exit code 0.",
    ),
    Entry(
        "maintain",
        "entrypoints.cli.maintain:maintain",
        "Do whatever is due, and say what was done; exit code 1 where a job failed or found what it cannot mend.",
    ),
    Entry(
        "health",
        "entrypoints.cli.health:health",
        "Ask the service that this configuration starts on this machine whether it lives; exit code 4 if not.",
    ),
    Entry(
        "demo",
        "entrypoints.cli.demo:demo",
        "Show the service at work over HTTP: an install, two users who shape a panorama, an undo, an import.",
    ),
    Entry(
        "preflight",
        "entrypoints.cli.preflight:preflight",
        "Try on a site's real services whether they do what is expected; exit code 0 is a go, 1 a no-go.",
    ),
    Entry(
        "restore",
        "entrypoints.cli.restore:restore",
        "Restore a whole site from its blob stores into an empty storage and an empty vault, and read it all back.",
    ),
    Entry(
        "drill",
        "entrypoints.cli.drill:drill",
        "Restore the newest backup where it harms nobody, open all of it, and compare it with the site.",
    ),
    Entry(
        "follow",
        "entrypoints.cli.follow:follow",
        "Keep a standby warm: fill a site's empty storage and vault, and take what is new as it comes.",
    ),
    Entry("version", "entrypoints.cli.version:version", "Say which version this is."),
    Group(
        "config",
        "Look at the configuration.",
        (
            Entry(
                "check",
                "entrypoints.cli.config_check:check",
                "Check the configuration without starting the service; every problem is named with a way out.",
            ),
            Entry(
                "show",
                "entrypoints.cli.config_show:show",
                "Show every key's value, secrets masked, and the environment variable that overrides it.",
            ),
        ),
    ),
    Group(
        "storage",
        "Prepare databases, and empty them.",
        (
            Entry(
                "prepare",
                "entrypoints.cli.storage:prepare",
                "Make what the active site's storage and vault need and do not have yet, and say what was made.",
            ),
            Entry(
                "empty",
                "entrypoints.cli.storage:empty",
                "Remove everything from the storage and the vault of a site that another has taken over from.",
            ),
        ),
    ),
    Group(
        "secrets",
        "Keep what the configuration refers to as secret:NAME.",
        (
            Entry(
                "put",
                "entrypoints.cli.secrets:put",
                "Make a new version of a secret; whoever opens the site from now on uses it.",
            ),
            Entry(
                "list",
                "entrypoints.cli.secrets:list_versions",
                "List a secret's versions, the newest first, without their values.",
            ),
            Entry("destroy", "entrypoints.cli.secrets:destroy", "Have a version destroyed that nobody uses any more."),
        ),
    ),
    Group(
        "credentials",
        "See and replace the passwords of databases.",
        (
            Entry(
                "status",
                "entrypoints.cli.credentials:status",
                "Show by what each part is logged in at, how old the password is, and what is done when. "
                "Shows no password.",
            ),
            Entry(
                "rotate",
                "entrypoints.cli.credentials:rotate",
                "Replace the passwords that are due, and disable the users before whose time is over; "
                "`maintain` does the same.",
            ),
        ),
    ),
    Group(
        "keys",
        "See, replace and rewrap the data keys.",
        (
            Entry(
                "status",
                "entrypoints.cli.keys:status",
                "Show each tenant's data keys: age, state, wraps, what is still under older ones, and who "
                "asked for a rotation.",
            ),
            Entry("rotate", "entrypoints.cli.keys:rotate", "Have data keys replaced before their time."),
            Entry(
                "rewrap",
                "entrypoints.cli.keys:rewrap",
                "Have every key manager wrap every data key anew, under the newest version of its own key.",
            ),
        ),
    ),
    Group(
        "backup",
        "Ship backups, look at them, read them back.",
        (
            Entry(
                "now",
                "entrypoints.cli.backup:now",
                "Ship what has changed to every blob store, now; exit code 1 where a store cannot be given everything.",
            ),
            Entry(
                "status",
                "entrypoints.cli.backup:status",
                "Show how the backups stand; exit code 1 where a minute is not kept, a store fails or "
                "something is lost.",
            ),
            Entry(
                "list",
                "entrypoints.cli.backup:list_all",
                "List the snapshots, and from when to when any moment can be restored.",
            ),
            Entry(
                "verify",
                "entrypoints.cli.backup:verify",
                "Read the backups back from every store; exit code 1 where anything is wrong, each named.",
            ),
            Entry(
                "prune",
                "entrypoints.cli.backup:prune",
                "Delete from every store what is kept no longer, under an identity that may; exit code 1 "
                "where that fails.",
            ),
        ),
    ),
    Group(
        "failover",
        "See and change which site writes.",
        (
            Entry(
                "status",
                "entrypoints.cli.failover:status",
                "Show what each control store holds, and which site may write.",
            ),
            Entry(
                "fence",
                "entrypoints.cli.failover:fence",
                "Begin a new epoch, in which SITE writes and no other site does any more. Moves no data.",
            ),
            Entry(
                "plan",
                "entrypoints.cli.failover:plan",
                "Say every step of a failover to SITE with what there is to it; change nothing.",
            ),
            Entry(
                "run",
                "entrypoints.cli.failover:run",
                "Have SITE take over: stop the former site, bring everything over, begin a new epoch, "
                "write, read it all back.",
            ),
        ),
    ),
    Group(
        "tenants",
        "See which sites use the service.",
        (
            Entry("list", "entrypoints.cli.tenants:list_all", "List every tenant: its alias, state and dates."),
            Entry(
                "show",
                "entrypoints.cli.tenants:show",
                "Show one tenant: state, dates, installations, number of panoramas. No secret and no name is shown.",
            ),
        ),
    ),
    Group(
        "retention",
        "See what removed sites leave behind, purge it, hold it, and prove that it is gone.",
        (
            Entry(
                "status",
                "entrypoints.cli.retention:status",
                "Show every site that is removed, held or purged, and when it is to be what.",
            ),
            Entry(
                "purge",
                "entrypoints.cli.retention:purge",
                "Destroy for good what a removed site has left behind; maintenance does the same when the "
                "grace period is over.",
            ),
            Entry(
                "hold",
                "entrypoints.cli.retention:hold",
                "Keep a site's data from being purged until the hold is released. Recorded as a single "
                "operator's, unapproved.",
            ),
            Entry(
                "receipt",
                "entrypoints.cli.retention:receipt",
                "Show the receipt of a purge, which names the site by a hash alone and can be handed to "
                "whoever has left.",
            ),
        ),
    ),
    Group(
        "audit",
        "Look for what should not be there.",
        (
            Entry(
                "residue",
                "entrypoints.cli.audit:residue",
                "Search storage, vault and blob stores for anything of a tenant; exit code 1 where anything is found.",
            ),
        ),
    ),
    Group(
        "panoramas",
        "See, export and import panoramas.",
        (
            Entry(
                "list", "entrypoints.cli.panoramas:list_all", "List a tenant's panoramas by id, without their names."
            ),
            Entry(
                "export",
                "entrypoints.cli.panoramas:export",
                "Write panoramas as files, one each, readable for you alone; a file that is there is never replaced.",
            ),
            Entry(
                "import",
                "entrypoints.cli.panoramas:bring_in",
                "Begin the panoramas of files: of each file all or none. Repeated within 24 hours, it doubles nothing.",
            ),
        ),
    ),
)
"""Every command, in the order in which they are listed."""
