"""Tests of several processes that serve one machine: decisions, and what they say of themselves."""
