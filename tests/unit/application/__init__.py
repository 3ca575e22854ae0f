"""Tests of the use cases and of what they stand on."""
