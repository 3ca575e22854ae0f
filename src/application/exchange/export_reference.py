"""Writes a panorama as the documents of the reference system, in the MongoDB shell's form, one on each line."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from application.exchange.reference import USERS
from domain.ids import NodeId
from domain.panoramas.facts import Kind
from domain.panoramas.tree import Node, Tree


class Site(msgspec.Struct, frozen=True):
    """What the document of a tenant says about it."""

    alias: str
    """`jira:<clientKey>`."""

    base_url: str
    installed: bool


def export_reference(tree: Tree, site: Site) -> bytes:
    """Return the tenant's document, with its secrets blotted out, and those of all nodes, depth-first.

    Names, access, archiving and synchronisation have no place in this form. A GROUP or NOTE has a `title`.
    """
    lines = [_tenant(site), *(_node(node, tree, site) for node in tree.walk())]
    return "".join(f"{line}\n" for line in lines).encode()


def _tenant(site: Site) -> str:
    return _document(
        {
            "_id": _text(site.alias),
            "publicKey": _text("***"),
            "sharedSecret": _text("***"),
            "baseUrl": _text(site.base_url),
            "productType": _text("jira"),
            "description": _text(f"Atlassian JIRA at {site.base_url}"),
            "addonInstalled": "true" if site.installed else "false",
        }
    )


def _node(node: Node, tree: Tree, site: Site) -> str:
    about = ("issueId", f"NumberLong({node.issue})") if node.kind is Kind.ISSUE else ("title", _text(node.title or ""))
    return _document(
        {
            "_id": _object_id(node.id),
            "panoramaId": _id(tree.id),
            "parentId": _id(node.parent),
            "created": _date(node.created),
            "updated": _date(node.updated),
            "type": _text(node.kind.value),
            about[0]: about[1],
            "tenantId": _text(site.alias),
            "state": _text("ACTIVE"),
            "childrenOrder": _ids(node.children),
            "creator": f'{{ "$ref" : {_text(USERS)}, "$id" : {_object_id(node.creator)} }}',
        }
    )


def _document(members: dict[str, str]) -> str:
    # The published documents have no space before the last brace.
    return "{ " + ", ".join(f'"{name}" : {value}' for name, value in members.items()) + "}"


def _ids(values: Sequence[NodeId]) -> str:
    return f"[ {', '.join(map(_id, values))} ]" if values else "[ ]"


def _id(value: str) -> str:
    """Ids are hex characters, which need no escapes."""
    return f'"{value}"'


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _object_id(value: str) -> str:
    return f"ObjectId({_id(value)})"


def _date(moment: datetime) -> str:
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"ISODate({_text(text + 'Z')})"
