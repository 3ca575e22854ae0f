"""The pure core: what things are and what may happen to them. No clock, no random ids, no input or output."""
