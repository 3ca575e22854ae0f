"""Tests of the maintenance run and of its jobs."""
