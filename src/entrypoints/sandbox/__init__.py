"""A Jira to play with: it signs what Jira signs, with keys of its own, for the demo and for tests."""
