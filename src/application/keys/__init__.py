"""The key vault and the blind index: which keys a tenant has, and who may open them."""
