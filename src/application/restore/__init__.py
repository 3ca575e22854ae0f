"""Restoring: a whole site from its backups, into stores that are empty."""
