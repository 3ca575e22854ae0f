"""What every secret store must do."""
