"""What becomes of a site that has removed the app: grace, purge, proof; and what keeps it from being purged."""
