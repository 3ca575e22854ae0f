"""What SQLite promises beyond the port: durability, several processes, an event loop that goes on, erasure."""
