"""Servers that tests start themselves, each on a free port of the loopback address."""
