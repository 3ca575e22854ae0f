"""How large a panorama may become."""

from typing import Final

NODES: Final = 100_000
"""Active nodes in one panorama, the root not counted."""

DEPTH: Final = 100
"""Levels below the root."""

ACTIONS: Final = 5_000
"""Actions in one batch."""

EFFORT: Final = 2 * NODES
"""Nodes that the copies and reconciliations of one batch may look at, together."""

TITLE: Final = 255
"""Characters of a title."""

NAME: Final = 255
"""Characters of a panorama's name."""

ISSUE: Final = 2**63 - 1
"""The largest issue id."""
