"""What the adapters of Google Cloud do without any network."""
