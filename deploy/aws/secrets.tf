# Names only: what they hold is put there by an operator, and passes through no state. The service replaces the
# passwords in them by itself, long before they are ninety days old.

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:The service replaces these passwords by itself: docs/mongodb.md, which a function of AWS would race.
  for_each                = toset(local.secret_names)
  name                    = "${local.secret_prefix}${each.key}"
  description             = "Read by ${var.name}; see docs/aws.md"
  kms_key_id              = aws_kms_key.rest.arn
  recovery_window_in_days = 7

  replica {
    region     = local.second
    kms_key_id = aws_kms_replica_key.rest.arn
  }
}
