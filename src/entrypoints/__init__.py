"""Where the outside comes in: HTTP, the command line, and the composition root that ties everything together."""
