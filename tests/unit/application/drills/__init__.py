"""Holding drills."""
