"""Passwords of databases: how they are replaced, and how every process follows without an interruption."""
