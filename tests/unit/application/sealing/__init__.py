"""How sealing behaves."""
