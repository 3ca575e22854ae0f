"""Tests of the reports of accounts."""
