"""What is tried before a site serves anybody: is everything there, does it do its work, and may we use it."""
