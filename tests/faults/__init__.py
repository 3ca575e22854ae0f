"""A crash, a cut or a lost answer between any two steps."""
