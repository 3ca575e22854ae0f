"""Tests of real processes that serve one machine together."""
