"""Chains of manifests, what they hold, and how long they are kept."""
