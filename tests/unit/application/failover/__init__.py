"""Tests of who may write."""
