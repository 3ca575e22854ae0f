"""The command line: `panorama`."""
