"""Tests of the Jira to play with."""
