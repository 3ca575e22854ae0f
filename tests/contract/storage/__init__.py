"""The laws of the storage port, the adapters that keep them, and one saboteur for each law that breaks it."""
