"""Jira, as the service itself speaks to it."""
