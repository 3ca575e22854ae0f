"""The parts of the SQLite adapter that need no file."""
