"""Restoring a site."""
