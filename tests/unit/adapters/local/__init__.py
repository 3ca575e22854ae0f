"""What keys in a file and blobs in a directory do beyond their ports."""
