"""Tests of what becomes of removed sites."""
