"""What a backup is: a chain of manifests, what they name, how long it is kept and what it can be restored to."""
