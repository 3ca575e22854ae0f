"""Several processes that serve one machine: a parent that supervises them, and what each of them has of the others."""
