# Who may what. Serving creates and locks objects of backups, and never deletes one; pruning deletes, and creates none;
# operating tries, restores and fails over. `ship` is in federation.tf: the other cloud's service, which writes here.

locals {
  backups = [aws_s3_bucket.first.arn, aws_s3_bucket.second.arn]

  # Who may use the wrapping key.
  users = merge(
    { for name, role in aws_iam_role.this : name => role.arn },
    { for name, role in aws_iam_role.visitor : "visitor-${name}" => role.arn },
  )

  shipped = flatten([for bucket in local.backups : [for prefix in concat(local.app.objects.segments_and_snapshots, [local.app.objects.vault_copies]) : "${bucket}/${prefix}*"]])
  tried   = [for bucket in local.backups : "${bucket}/${local.app.objects.trial}*"]
  rest    = [aws_kms_key.rest.arn, aws_kms_replica_key.rest.arn]
  wraps   = [aws_kms_key.wrapping.arn, aws_kms_replica_key.wrapping.arn]
  secrets = "arn:aws:secretsmanager:${local.first}:${local.account}:secret:${local.secret_prefix}*"

  may = {
    look      = { actions = ["s3:ListBucket", "s3:GetBucketObjectLockConfiguration"], resources = local.backups }
    read      = { actions = ["s3:GetObject", "s3:GetObjectRetention"], resources = [for bucket in local.backups : "${bucket}/*"] }
    versions  = { actions = ["s3:ListBucketVersions"], resources = local.backups }
    past      = { actions = ["s3:GetObjectVersion"], resources = [for bucket in local.backups : "${bucket}/*"] }
    create    = { actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:PutObjectRetention"], resources = local.shipped }
    hide      = { actions = ["s3:DeleteObject"], resources = local.shipped }
    try       = { actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:PutObjectRetention", "s3:DeleteObject"], resources = local.tried }
    encrypt   = { actions = ["kms:GenerateDataKey", "kms:Decrypt"], resources = local.rest }
    decrypt   = { actions = ["kms:Decrypt"], resources = local.rest }
    wrap      = { actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:ListKeyRotations"], resources = local.wraps }
    control   = { actions = ["s3:ListBucket", "s3:GetBucketObjectLockConfiguration"], resources = [aws_s3_bucket.control.arn] }
    word      = { actions = ["s3:GetObject", "s3:PutObject"], resources = ["${aws_s3_bucket.control.arn}/${local.app.objects.word}"] }
    told      = { actions = ["s3:GetObject"], resources = ["${aws_s3_bucket.control.arn}/${local.app.objects.word}"] }
    secrets   = { actions = ["secretsmanager:GetSecretValue", "secretsmanager:ListSecretVersionIds"], resources = [local.secrets] }
    passwords = { actions = ["secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"], resources = [local.secrets] }
    make      = { actions = ["secretsmanager:CreateSecret"], resources = [local.secrets] }
    list      = { actions = ["secretsmanager:ListSecrets"], resources = ["*"] }
  }

  roles = {
    serve   = ["look", "read", "create", "encrypt", "wrap", "control", "word", "secrets", "passwords", "list"]
    prune   = ["look", "read", "hide", "decrypt", "wrap", "control", "told", "secrets", "list"]
    operate = ["look", "read", "versions", "past", "create", "try", "encrypt", "wrap", "control", "word", "secrets", "passwords", "make", "list"]
  }
}

data "aws_iam_policy_document" "by_service" {
  for_each = toset(["s3.amazonaws.com", "scheduler.amazonaws.com", "ecs-tasks.amazonaws.com", "vpc-flow-logs.amazonaws.com"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = [each.key]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each           = local.roles
  name               = "${var.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.by_service["ecs-tasks.amazonaws.com"].json
}

data "aws_iam_policy_document" "this" {
  for_each = local.roles
  dynamic "statement" {
    for_each = { for what in each.value : what => local.may[what] }
    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role_policy" "this" {
  for_each = local.roles
  name     = each.key
  role     = aws_iam_role.this[each.key].id
  policy   = data.aws_iam_policy_document.this[each.key].json
}

# The collector has the role of its task.
resource "aws_iam_role_policy" "metrics" {
  name   = "metrics"
  role   = aws_iam_role.this["serve"].id
  policy = data.aws_iam_policy_document.metrics.json
}

data "aws_iam_policy_document" "metrics" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["${aws_cloudwatch_log_group.metrics.arn}:*"]
  }
}

# What starts a task: it fetches images and writes logs.
resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = data.aws_iam_policy_document.by_service["ecs-tasks.amazonaws.com"].json
}

resource "aws_iam_role_policy" "execution" {
  name   = "execution"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

data "aws_iam_policy_document" "execution" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
    resources = ["arn:aws:ecr:*:${local.account}:repository/*"]
  }
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.service.arn}:*"]
  }
}

resource "aws_iam_role" "flow_log" {
  name               = "${var.name}-flow-log"
  assume_role_policy = data.aws_iam_policy_document.by_service["vpc-flow-logs.amazonaws.com"].json
}

resource "aws_iam_role_policy" "flow_log" {
  name   = "flow-log"
  role   = aws_iam_role.flow_log.id
  policy = data.aws_iam_policy_document.flow_log.json
}

data "aws_iam_policy_document" "flow_log" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]
    resources = ["${aws_cloudwatch_log_group.network.arn}:*"]
  }
}
