"""Panoramas into and out of the service as files: its own JSON, CSV, and the documents of the reference system."""
