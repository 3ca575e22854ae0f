"""What the service can be asked to do: one short function for each thing, and the repositories beneath them."""
