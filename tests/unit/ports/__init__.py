"""What ports do themselves."""
