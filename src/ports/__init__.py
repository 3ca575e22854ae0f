"""What the core needs from outside, as small protocols, and their errors."""
