"""Putting nodes in order: how many there may be."""

from application.exchange.defects import Findings
from application.exchange.order import depth_first
from application.exchange.sources import SourceNode
from domain.ids import IssueId, NodeId
from domain.panoramas.facts import Kind
from domain.panoramas.limits import NODES
from tests.unit.application.exchange.documents import ROOT


def test_more_nodes_than_the_limit_are_refused() -> None:
    """The limit itself is allowed; one node more is told, whatever the shape."""
    root = NodeId(ROOT)
    many = [
        SourceNode(position=number, node=NodeId(f"{number:024x}"), parent=root, kind=Kind.ISSUE, issue=IssueId(number))
        for number in range(1, NODES + 2)
    ]
    for nodes, told in (
        (many[:-1], ()),
        (many, (f"node {ROOT}: has {NODES + 1} nodes below it, and {NODES} are allowed",)),
    ):
        findings = Findings()
        assert depth_first(root, nodes, {root: nodes}, findings) == nodes
        assert findings.defects.told() == told
