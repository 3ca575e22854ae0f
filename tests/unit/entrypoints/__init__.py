"""Tests of how the outside comes in."""
