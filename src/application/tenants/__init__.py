"""Tenants: where they are kept, and what Jira's callbacks do to them."""
