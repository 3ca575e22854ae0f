"""AWS: blobs in S3, keys in KMS, secrets in Secrets Manager. See docs/aws.md for what each needs."""
