"""Every way in which documents of the reference system can be broken, and what is told of it."""

from typing import Final

from tests.unit.application.exchange.documents import (
    CREATOR,
    OTHER_ALIAS,
    OTHER_PANORAMA,
    OTHER_ROOT,
    PANORAMA,
    ROOT,
    identity,
    node,
    tenant,
)

N1, N2, N3 = (f"node {identity(number)} (number {number})" for number in (1, 2, 3))

BROKEN: Final[list[tuple[str, list[str], list[str]]]] = [
    ("nothing", [], ["the import: has no panorama"]),
    ("a tenant alone", [tenant()], ["the import: has no panorama"]),
    ("no document", ["5", "[]"], ["number 1: is no document", "number 2: is no document"]),
    ("no _id", [node(1, _id=None)], ["number 1: _id is neither an ObjectId nor a tenant's"]),
    ("an _id too short", [node(1, _id="ObjectId('5b58')")], ["number 1: _id is neither an ObjectId nor a tenant's"]),
    ("a foreign tenant", [tenant(OTHER_ALIAS), node(2)], ["number 1: _id is not the tenant that imports"]),
    (
        "two tenants",
        [tenant(), tenant(OTHER_ALIAS), node(3)],
        ["number 2: is a second tenant", "number 2: _id is not the tenant that imports"],
    ),
    ("a tenant twice", [tenant(), tenant(), node(3)], ["number 2: is a second tenant"]),
    (
        "a node of a foreign tenant",
        [node(1, tenantId=f'"{OTHER_ALIAS}"')],
        [f"{N1}: tenantId is not the tenant that imports"],
    ),
    ("a duplicate _id", [node(1), node(1)], [f"node {identity(1)} (number 2): has the _id of an earlier document"]),
    ("no panoramaId", [node(1, panoramaId='"x"')], [f"{N1}: panoramaId is no id of 24 hex characters"]),
    ("no parentId", [node(1, parentId=None)], [f"{N1}: parentId is no id of 24 hex characters"]),
    ("an unknown type", [node(1, type='"EPIC"')], [f"{N1}: type is not one of ISSUE, GROUP, NOTE"]),
    ("an unknown state", [node(1, state='"DELETED"')], [f"{N1}: state is not ACTIVE"]),
    ("no state", [node(1, state=None)], [f"{N1}: state is not ACTIVE"]),
    *(
        (f"an issue {i}", [node(1, issueId=i)], [f"{N1}: issueId is no whole number from 1 to {2**63 - 1}"])
        for i in (
            "0",
            "-1",
            "9223372036854775808",
            "1.5",
            "1e300",
            "NaN",
            "MinKey",
            '{"$oid":"5b58"}',
            "true",
            '"1"',
            "null",
        )
    ),
    *(
        (f"{what} {date}", [node(1, **{what: date})], [f"{N1}: {what} is no date from 1970 to 9999"])
        for what in ("created", "updated")
        for date in ('"yesterday"', "5", "null", "Timestamp(1, 2)", 'ISODate("1969-12-31T23:59:59Z")')
    ),
    *(
        (f"a creator {to}", [node(1, creator=to)], [f"{N1}: creator is no DBRef to jiraUser by an ObjectId"])
        for to in (
            "null",
            f'ObjectId("{CREATOR}")',
            f'{{ "$ref" : "jiraTeam", "$id" : ObjectId("{CREATOR}") }}',
            f'{{ "$ref" : "jiraUser", "$id" : "{CREATOR}" }}',
        )
    ),
    *(
        (
            f"the children {to}",
            [node(1, childrenOrder=to)],
            [f"{N1}: childrenOrder is no list of ids of 24 hex characters"],
        )
        for to in ('"x"', "[ 5 ]", f'[ "{PANORAMA}0" ]', f'[ ObjectId("{PANORAMA}") ]')
    ),
    *(
        (
            f"a title {title[:10]}",
            [node(1, type='"NOTE"', issueId=None, title=title)],
            [f"{N1}: title is {what}"],
        )
        for title, what in (
            ("null", "no text"),
            ('""', "not accepted (text-refused)"),
            ('"\\ud800"', "not accepted (text-refused)"),
            ('"\\u0000"', "not accepted (text-refused)"),
            (f'"{"x" * 256}"', "not accepted (limit-exceeded)"),
        )
    ),
    ("a circle of one", [node(1, 1, 1)], [f"{N1}: is below itself, in a circle of 1"]),
    ("a circle of two", [node(1, 2, 2), node(2, 1, 1)], [f"{N1}: is below itself, in a circle of 2"]),
    (
        "two circles, one with a tail",
        [node(1, 2), node(2, 3, 1, 3), node(3, 2, 2), node(4), node(5, 5, 5)],
        [
            f"{N2}: is below itself, in a circle of 2",
            f"node {identity(5)} (number 5): is below itself, in a circle of 1",
        ],
    ),
    (
        "an orphan",
        [node(1), node(2), node(3, OTHER_ROOT)],
        [f"{N3}: its parent {OTHER_ROOT} is neither in the import nor the root of its panorama"],
    ),
    (
        "a parent in another panorama",
        [node(1), node(2, OTHER_ROOT, panoramaId=f'"{OTHER_PANORAMA}"'), node(3, 2)],
        [f"{N3}: its parent {identity(2)} belongs to another panorama"],
    ),
    (
        "a root of two panoramas",
        [node(1), node(2, panoramaId=f'"{OTHER_PANORAMA}"')],
        [f"panorama {OTHER_PANORAMA}: has the root {ROOT} of an earlier one"],
    ),
    (
        "a child listed twice",
        [node(1, ROOT, 2, 2), node(2, 1)],
        [f"{N1}: lists the child {identity(2)} twice"],
    ),
    (
        "an absent child listed twice",
        [node(1, ROOT, 9, 9)],
        [f"{N1}: lists the child {identity(9)} twice"],
    ),
    (
        "a child of two parents",
        [node(1, ROOT, 2), node(2, 1), node(3, ROOT, 2)],
        [f"{N3}: lists the child {identity(2)}, which does not name it as its parent"],
    ),
    (
        "the root as a child",
        [node(1, ROOT, ROOT)],
        [f"{N1}: lists the child {ROOT}, which does not name it as its parent"],
    ),
    (
        "a child in another panorama",
        [node(1, ROOT, 2), node(2, OTHER_ROOT, panoramaId=f'"{OTHER_PANORAMA}"')],
        [f"{N1}: lists the child {identity(2)}, which does not name it as its parent"],
    ),
    (
        "a child that its parent does not list",
        [node(1), node(2, 1)],
        [f"{N2}: its parent {identity(1)} does not list it as a child"],
    ),
    (
        "only what is broken itself is told, not who depends on it",
        [node(1, ROOT, 2, parentId="null"), node(2, 1, 3), node(3, 2), node(4, ROOT, 1)],
        [f"{N1}: parentId is no id of 24 hex characters"],
    ),
    ("no JSON", ["{"], ["line 2, column 1: a name is missing"]),
    (
        "a sound beginning",
        [node(1, state='"X"'), "{"],
        [f"{N1}: state is not ACTIVE", "line 3, column 1: a name is missing"],
    ),
]
"""What is broken, the documents, and the defects."""
