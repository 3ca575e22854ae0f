"""What a stream of changes or a snapshot is when it does not fit together."""


class BrokenStream(Exception):
    """A change does not fit the tree that it is applied to, or stored columns make no tree.

    Nobody's request causes this: what was decided is consistent, so it means damage or a defect. The phrase holds
    neither ids nor text. The tree that was being changed may be half changed and must be thrown away.
    """
