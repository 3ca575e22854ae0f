"""Panoramas: free trees of issues, groups and notes, and everything that may happen to them."""
