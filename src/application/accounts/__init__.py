"""The accounts of users: their reports to Jira, and what follows from the answers."""
