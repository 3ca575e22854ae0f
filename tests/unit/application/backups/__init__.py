"""Backups over fakes."""
