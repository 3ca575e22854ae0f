"""Google Cloud: blobs in Cloud Storage, keys in Cloud KMS, secrets in Secret Manager."""
