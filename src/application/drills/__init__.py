"""Drills: the newest backup is restored where it harms nobody, and looked at, so that nobody has to trust it."""
