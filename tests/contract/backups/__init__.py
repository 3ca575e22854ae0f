"""Backups in every blob store there is."""
