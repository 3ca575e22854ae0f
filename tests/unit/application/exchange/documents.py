"""Writes documents of the reference system for the tests, sound unless told otherwise."""

from collections.abc import Mapping

from domain.ids import NodeId

ALIAS = "jira:f6f1d26e-78aa-4d26-9e36-20ee3a47b6ac"
OTHER_ALIAS = "jira:00000000-0000-0000-0000-000000000000"
PANORAMA = "5b582c98835e130004433339"
OTHER_PANORAMA = "5b582c98835e13000443aaaa"
ROOT = "5b582c99835e13000443333a"
OTHER_ROOT = "5b582c99835e13000443bbbb"
CREATOR = "5b3640f8f4a17f0004143c40"


def identity(number: int | str) -> NodeId:
    """Return the id of the node of that number, or the id that this is already."""
    return NodeId(number if isinstance(number, str) else f"5b582ca5835e13000444{number:04x}")


def listed(*children: int | str) -> str:
    """Write a list of children."""
    return "[ " + ", ".join(f'"{identity(child)}"' for child in children) + " ]"


def node(number: int, parent: int | str = ROOT, *children: int | str, **changes: str | None) -> str:
    """Write a node's document; `changes` replace the written value of a member, None leaves the member out."""
    return changed_node(number, changes, parent, *children)


def changed_node(number: int, changes: Mapping[str, str | None], parent: int | str = ROOT, *children: int | str) -> str:
    """Write a node's document with the changes that a mapping holds."""
    members: dict[str, str | None] = {
        "_id": f'ObjectId("{identity(number)}")',
        "panoramaId": f'"{PANORAMA}"',
        "parentId": f'"{identity(parent)}"',
        "created": 'ISODate("2018-07-25T07:54:13.338Z")',
        "updated": 'ISODate("2018-07-26T07:54:13.338Z")',
        "type": '"ISSUE"',
        "issueId": f"NumberLong({1000 + number})",
        "tenantId": f'"{ALIAS}"',
        "state": '"ACTIVE"',
        "childrenOrder": listed(*children),
        "creator": f'{{ "$ref" : "jiraUser", "$id" : ObjectId("{CREATOR}") }}',
    }
    members.update(changes)
    written = [f'"{name}" : {value}' for name, value in members.items() if value is not None]
    return "{ " + ", ".join(written) + "}"


def tenant(alias: str = ALIAS) -> str:
    """Write a tenant's document."""
    return f'{{ "_id" : "{alias}", "publicKey" : "public-canary", "sharedSecret" : "secret-canary"}}'


def content(*written: str) -> bytes:
    """Put documents into a file, one on each line."""
    return "".join(f"{document}\n" for document in written).encode()
