"""What every key manager must do."""
