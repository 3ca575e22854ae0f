"""Unit tests of the MongoDB adapter."""
