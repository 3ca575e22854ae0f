"""Documents as the reference system stored them, for the demo's import."""

from collections.abc import Sequence
from typing import Final

_WHEN: Final = "2018-07-25T07:54:13.338Z"
_PANORAMA: Final = "5b582c98835e130004433339"
_ROOT: Final = "5b582c99835e13000443333a"
_USER: Final = "5b3640f8f4a17f0004143c40"
_FIRST_ISSUE: Final = 12_731


def reference_documents(client_key: str) -> bytes:
    """Return a tenant and a panorama of seven issues in the MongoDB shell's form."""
    tree = {0: (1, 2), 1: (3, 4), 2: (5, 6), 3: (), 4: (), 5: (), 6: ()}
    lines = [_tenant(client_key)]
    for number, children in tree.items():
        parent = next((above for above, below in tree.items() if number in below), None)
        lines.append(_node(client_key, number, parent, children))
    return "".join(f"{line}\n" for line in lines).encode()


def _tenant(client_key: str) -> str:
    return (
        f'{{ "_id" : "jira:{client_key}", "publicKey" : "***", "sharedSecret" : "***", '
        '"baseUrl" : "https://no-site.sandbox.atlassian.net", "productType" : "jira", '
        '"description" : "Atlassian JIRA at https://no-site.sandbox.atlassian.net", "addonInstalled" : true}'
    )


def _node(client_key: str, number: int, parent: int | None, children: Sequence[int]) -> str:
    order = ", ".join(f'"{_id(child)}"' for child in children)
    return (
        f'{{ "_id" : ObjectId("{_id(number)}"), "panoramaId" : "{_PANORAMA}", '
        f'"parentId" : "{_ROOT if parent is None else _id(parent)}", '
        f'"created" : ISODate("{_WHEN}"), "updated" : ISODate("{_WHEN}"), "type" : "ISSUE", '
        f'"issueId" : NumberLong({_FIRST_ISSUE + number}), "tenantId" : "jira:{client_key}", "state" : "ACTIVE", '
        f'"childrenOrder" : [ {order} ], "creator" : {{ "$ref" : "jiraUser", "$id" : ObjectId("{_USER}") }}}}'
    )


def _id(number: int) -> str:
    return f"5b582ca5835e1300044333{number + 0x3C:02x}"
