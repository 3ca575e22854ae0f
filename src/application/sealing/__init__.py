"""Between the domain and the record store: domain objects become sealed bodies and come back."""
