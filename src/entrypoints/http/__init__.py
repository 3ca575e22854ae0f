"""The service over HTTP: who may call, and how."""
