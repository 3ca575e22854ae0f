"""Which site writes: the control stores, and the fence that keeps every other site from it."""
