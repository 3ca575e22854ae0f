"""What people and timers ask of panoramas, and the repository of their trees."""
