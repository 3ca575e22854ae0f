"""The storage port on MongoDB, and on whatever else speaks the portable subset of its protocol."""

from adapters.mongo.opening import open_mongo, prepare_mongo
from adapters.mongo.storage import MongoStorage

__all__ = ["MongoStorage", "open_mongo", "prepare_mongo"]
