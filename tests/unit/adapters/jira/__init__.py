"""Tests of how the service speaks to Jira."""
