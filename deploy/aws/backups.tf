# Two buckets, each written to by the service itself; replication is the second net beneath that. Every object is locked
# by the service for its own time, in compliance mode, so there is no default lock: it would keep copies of the key
# vault, which lie under their own prefix, beyond the arithmetic of erasure.

resource "aws_s3_bucket" "first" {
  #checkov:skip=CKV_AWS_18:Who reads and writes objects is told by the account's CloudTrail, which server access logs fall behind.
  #checkov:skip=CKV2_AWS_62:Nothing waits for objects; the service reads back what it has written.
  bucket              = "${var.name}-backups-${local.account}-${local.first}"
  object_lock_enabled = true
}

resource "aws_s3_bucket" "second" {
  #checkov:skip=CKV_AWS_18:Who reads and writes objects is told by the account's CloudTrail, which server access logs fall behind.
  #checkov:skip=CKV2_AWS_62:Nothing waits for objects; the service reads back what it has written.
  provider            = aws.second
  bucket              = "${var.name}-backups-${local.account}-${local.second}"
  object_lock_enabled = true
}

resource "aws_s3_bucket_versioning" "first" {
  bucket = aws_s3_bucket.first.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_versioning" "second" {
  provider = aws.second
  bucket   = aws_s3_bucket.second.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "first" {
  bucket = aws_s3_bucket.first.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.rest.arn
    }
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "second" {
  provider = aws.second
  bucket   = aws_s3_bucket.second.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_replica_key.rest.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "first" {
  bucket                  = aws_s3_bucket.first.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_public_access_block" "second" {
  provider                = aws.second
  bucket                  = aws_s3_bucket.second.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "first" {
  bucket = aws_s3_bucket.first.id
  policy = data.aws_iam_policy_document.backups["first"].json
}

resource "aws_s3_bucket_policy" "second" {
  provider = aws.second
  bucket   = aws_s3_bucket.second.id
  policy   = data.aws_iam_policy_document.backups["second"].json
}

# What pruning has deleted stays as a noncurrent version, and with it the wraps of an erased tenant in a copy of the
# vault: this is the soft delete that the arithmetic of erasure counts. A lock is never shortened by it.
resource "aws_s3_bucket_lifecycle_configuration" "first" {
  bucket     = aws_s3_bucket.first.id
  depends_on = [aws_s3_bucket_versioning.first]

  rule {
    id     = "what was deleted goes, and what never arrived"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = local.app.soft_delete.noncurrent_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
  rule {
    id     = "nothing is left of it"
    status = "Enabled"
    filter {}
    expiration {
      expired_object_delete_marker = true
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "second" {
  provider   = aws.second
  bucket     = aws_s3_bucket.second.id
  depends_on = [aws_s3_bucket_versioning.second]

  rule {
    id     = "what was deleted goes, and what never arrived"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = local.app.soft_delete.noncurrent_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
  rule {
    id     = "nothing is left of it"
    status = "Enabled"
    filter {}
    expiration {
      expired_object_delete_marker = true
    }
  }
}

# Segments and snapshots only: copies of the key vault are replicated nowhere, so that nothing but pruning and the
# lifecycle decides when they are gone.
resource "aws_s3_bucket_replication_configuration" "first" {
  bucket     = aws_s3_bucket.first.id
  role       = aws_iam_role.replication.arn
  depends_on = [aws_s3_bucket_versioning.first, aws_s3_bucket_versioning.second]

  dynamic "rule" {
    for_each = local.app.objects.segments_and_snapshots
    content {
      id       = trimsuffix(rule.value, "/")
      status   = "Enabled"
      priority = rule.key
      filter {
        prefix = rule.value
      }
      delete_marker_replication {
        status = "Disabled"
      }
      source_selection_criteria {
        sse_kms_encrypted_objects {
          status = "Enabled"
        }
      }
      destination {
        bucket = aws_s3_bucket.second.arn
        encryption_configuration {
          replica_kms_key_id = aws_kms_replica_key.rest.arn
        }
        replication_time {
          status = "Enabled"
          time {
            minutes = 15
          }
        }
        metrics {
          status = "Enabled"
          event_threshold {
            minutes = 15
          }
        }
      }
    }
  }
}

data "aws_iam_policy_document" "backups" {
  for_each = { first = aws_s3_bucket.first.arn, second = aws_s3_bucket.second.arn }

  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value, "${each.value}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
  statement {
    sid       = "OnlyOverNewTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value, "${each.value}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = ["1.2"]
    }
  }
  # Whoever writes, creates: the name must be free. A part of an upload is not yet an object.
  statement {
    sid       = "OnlyCreate"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = [for prefix in concat(local.app.objects.segments_and_snapshots, [local.app.objects.vault_copies]) : "${each.value}/${prefix}*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Null"
      variable = "s3:if-none-match"
      values   = ["true"]
    }
    condition {
      test     = "Bool"
      variable = "s3:ObjectCreationOperation"
      values   = ["true"]
    }
  }
  # Pruning hides an object; its bytes go by the lifecycle, after their lock. Nobody deletes a version by hand.
  statement {
    sid       = "NobodyDeletesVersions"
    effect    = "Deny"
    actions   = ["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"]
    resources = ["${each.value}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_iam_role" "replication" {
  name               = "${var.name}-replication"
  assume_role_policy = data.aws_iam_policy_document.by_service["s3.amazonaws.com"].json
}

resource "aws_iam_role_policy" "replication" {
  name   = "replication"
  role   = aws_iam_role.replication.id
  policy = data.aws_iam_policy_document.replication.json
}

data "aws_iam_policy_document" "replication" {
  statement {
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [aws_s3_bucket.first.arn]
  }
  statement {
    actions   = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging", "s3:GetObjectRetention", "s3:GetObjectLegalHold"]
    resources = [for prefix in local.app.objects.segments_and_snapshots : "${aws_s3_bucket.first.arn}/${prefix}*"]
  }
  statement {
    actions   = ["s3:ReplicateObject", "s3:ReplicateTags"]
    resources = [for prefix in local.app.objects.segments_and_snapshots : "${aws_s3_bucket.second.arn}/${prefix}*"]
  }
  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.rest.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.first}.amazonaws.com"]
    }
  }
  statement {
    actions   = ["kms:Encrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_replica_key.rest.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.second}.amazonaws.com"]
    }
  }
}
