"""Through HTTP and the command line, as a client meets the service."""
