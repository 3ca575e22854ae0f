"""How keys behaves."""
