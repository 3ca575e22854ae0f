"""What MongoDB promises beyond the laws of storage."""
