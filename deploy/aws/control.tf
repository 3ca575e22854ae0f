# Which site may write: one small object, replaced by compare-and-swap. No versions, no lock, no replication: what was
# replaced must not come back. Encrypted by S3 itself, so that no key manager that is out closes the fence.

resource "aws_s3_bucket" "control" {
  #checkov:skip=CKV_AWS_18:Who reads and writes objects is told by the account's CloudTrail, which server access logs fall behind.
  #checkov:skip=CKV2_AWS_62:Nothing waits for objects; the service reads back what it has written.
  #checkov:skip=CKV_AWS_21:A word on epochs that was replaced must not come back, so there are no versions.
  #checkov:skip=CKV_AWS_144:A word that arrives elsewhere later would contradict the majority of the control stores.
  #checkov:skip=CKV_AWS_145:A key manager that is out would close the fence; the object holds a number and the name of a site.
  bucket = "${var.name}-control-${local.account}-${local.first}"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "control" {
  bucket = aws_s3_bucket.control.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "control" {
  bucket                  = aws_s3_bucket.control.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "control" {
  bucket = aws_s3_bucket.control.id
  rule {
    id     = "what never arrived"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "control" {
  bucket = aws_s3_bucket.control.id
  policy = data.aws_iam_policy_document.control.json
}

data "aws_iam_policy_document" "control" {
  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.control.arn, "${aws_s3_bucket.control.arn}/*"]
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
    resources = [aws_s3_bucket.control.arn, "${aws_s3_bucket.control.arn}/*"]
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
  statement {
    sid       = "NobodyDeletesIt"
    effect    = "Deny"
    actions   = ["s3:DeleteObject"]
    resources = ["${aws_s3_bucket.control.arn}/${local.app.objects.word}"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
