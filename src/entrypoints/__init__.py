"""How the outside comes in: HTTP, the command line, configuration and the composition root."""
