"""Tests that do no input or output: they take seconds, together."""
