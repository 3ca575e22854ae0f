"""One suite per port; every adapter of the port passes the same one."""
