"""Tests of tenants and of what is known by digests."""
