# Staff come in through IAM Identity Center, with sessions of an hour, and only until a date that is a quarter away at the
# most. They have no data: operators run the task `operate`, auditors read what is configured and logged.

data "aws_ssoadmin_instances" "this" {
  count = var.staff == null ? 0 : 1
}

locals {
  staff = var.staff == null ? {} : {
    operators = { group = var.staff.operators, policy = data.aws_iam_policy_document.staff["operators"].json }
    auditors  = { group = var.staff.auditors, policy = data.aws_iam_policy_document.staff["auditors"].json }
  }
  staff_may = {
    operators = [
      { actions = ["ecs:RunTask"], resources = ["${aws_ecs_task_definition.this["operate"].arn_without_revision}:*"] },
      { actions = ["iam:PassRole"], resources = [aws_iam_role.execution.arn, aws_iam_role.this["operate"].arn] },
      { actions = ["ecs:StopTask", "ecs:DescribeTasks"], resources = ["arn:aws:ecs:${local.first}:${local.account}:task/${aws_ecs_cluster.this.name}/*"] },
      { actions = ["ecs:UpdateService"], resources = [aws_ecs_service.this.id] },
      { actions = ["secretsmanager:PutSecretValue"], resources = [local.secrets] },
      { actions = ["kms:GenerateDataKey", "kms:Decrypt"], resources = [aws_kms_key.rest.arn] },
    ]
    auditors = []
  }
}

data "aws_iam_policy_document" "staff" {
  for_each = local.staff_may

  statement {
    sid       = "Look"
    actions   = ["ecs:Describe*", "ecs:List*", "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*", "logs:Describe*", "logs:FilterLogEvents", "logs:GetLogEvents", "kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:ListKeys", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListAllMyBuckets", "iam:Get*", "iam:List*", "secretsmanager:ListSecrets", "secretsmanager:DescribeSecret"]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = each.value
    content {
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }

  # Whatever else anybody is granted: after that date, nothing.
  statement {
    sid       = "UntilThen"
    effect    = "Deny"
    actions   = ["*"]
    resources = ["*"]
    condition {
      test     = "DateGreaterThan"
      variable = "aws:CurrentTime"
      values   = [try(var.staff.until, "1970-01-01T00:00:00Z")]
    }
  }
}

resource "aws_ssoadmin_permission_set" "this" {
  for_each         = local.staff
  name             = "${var.name}-${each.key}"
  instance_arn     = data.aws_ssoadmin_instances.this[0].arns[0]
  session_duration = "PT1H"
}

resource "aws_ssoadmin_permission_set_inline_policy" "this" {
  for_each           = local.staff
  instance_arn       = data.aws_ssoadmin_instances.this[0].arns[0]
  permission_set_arn = aws_ssoadmin_permission_set.this[each.key].arn
  inline_policy      = each.value.policy
}

resource "aws_ssoadmin_account_assignment" "this" {
  for_each           = local.staff
  instance_arn       = data.aws_ssoadmin_instances.this[0].arns[0]
  permission_set_arn = aws_ssoadmin_permission_set.this[each.key].arn
  principal_id       = each.value.group
  principal_type     = "GROUP"
  target_id          = local.account
  target_type        = "AWS_ACCOUNT"
}
