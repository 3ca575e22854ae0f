"""Backups: what is written is shipped to every store within a minute, and can be read back and restored."""
