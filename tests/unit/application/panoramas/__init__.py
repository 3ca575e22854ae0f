"""Use cases of panoramas over a storage in memory."""
