"""How panoramas go out as files and come back in."""
