# Two keys, both in both regions under one id, both renewed by AWS: one wraps the tenants' data keys, which no policy of
# a store opens; the other is what stores, secrets and logs are encrypted under at rest.

resource "aws_kms_key" "wrapping" {
  description             = "Wraps the data keys of ${var.name}"
  multi_region            = true
  enable_key_rotation     = true
  rotation_period_in_days = local.app.rotation_days
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.wrapping.json
}

resource "aws_kms_replica_key" "wrapping" {
  provider                = aws.second
  description             = "Wraps the data keys of ${var.name}"
  primary_key_arn         = aws_kms_key.wrapping.arn
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.wrapping.json
}

resource "aws_kms_key" "rest" {
  description             = "Stores, secrets and logs of ${var.name} at rest"
  multi_region            = true
  enable_key_rotation     = true
  rotation_period_in_days = local.app.rotation_days
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.rest.json
}

resource "aws_kms_replica_key" "rest" {
  provider                = aws.second
  description             = "Stores, secrets and logs of ${var.name} at rest"
  primary_key_arn         = aws_kms_key.rest.arn
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.rest.json
}

# The account may look after the key, and only named roles may use it: a policy elsewhere cannot add one, because using
# is not what this one leaves to others.
data "aws_iam_policy_document" "wrapping" {
  #checkov:skip=CKV_AWS_109:Only the account itself may do so; it could not be administered otherwise.
  #checkov:skip=CKV_AWS_111:Only the account itself may do so; it could not be administered otherwise.
  #checkov:skip=CKV_AWS_356:In the policy of a key, * is that key and no other.
  statement {
    sid       = "Administration"
    actions   = ["kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:ReplicateKey", "kms:UpdatePrimaryRegion", "kms:RotateKeyOnDemand", "kms:TagResource", "kms:UntagResource"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${local.account}:root"]
    }
  }
  statement {
    sid       = "Use"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:ListKeyRotations"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = values(local.users)
    }
  }
}

data "aws_iam_policy_document" "rest" {
  #checkov:skip=CKV_AWS_109:Only the account itself may do so; it could not be administered otherwise.
  #checkov:skip=CKV_AWS_111:Only the account itself may do so; it could not be administered otherwise.
  #checkov:skip=CKV_AWS_356:In the policy of a key, * is that key and no other.
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${local.account}:root"]
    }
  }
  statement {
    sid       = "Logs"
    actions   = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.${local.first}.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:aws:logs:${local.first}:${local.account}:log-group:*${var.name}*"]
    }
  }
  statement {
    sid       = "Alarms"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}
