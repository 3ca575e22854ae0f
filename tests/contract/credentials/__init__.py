"""The credentials port's suite."""
