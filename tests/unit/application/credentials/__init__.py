"""How credentials behaves."""
