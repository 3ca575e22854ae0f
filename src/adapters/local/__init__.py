"""Keys in a file and blobs in a directory, for a service that needs nobody else."""
