# The two clouds know each other's workloads; nobody has a key that could be lost.

locals {
  # What a workload of Google asks for a token of its own for, when it comes here.
  audience = "${var.name}-aws"

  # Known before there are any: each root is told of the other's doors.
  visitor_roles = { for door in ["ship", "prune"] : door => "${var.name}-${door}-from-google" }

  visitors = var.peer == null ? {} : {
    ship  = { caller = var.peer.callers["serve"], may = ["look", "read", "create", "encrypt", "wrap", "control", "word"] }
    prune = { caller = var.peer.callers["prune"], may = ["look", "read", "hide", "decrypt", "wrap", "control", "told"] }
  }

  # How a task of this cloud says to Google who it is: by a request to AWS, signed and not sent. Which service account it
  # then is depends on the task; that of `ship` may only create.
  federation = {
    for door in ["ship", "prune"] : door => var.peer == null ? "" : jsonencode({
      type                              = "external_account"
      audience                          = "//iam.googleapis.com/${var.peer.doors["provider"]}"
      subject_token_type                = "urn:ietf:params:aws:token-type:aws4_request"
      token_url                         = "https://sts.googleapis.com/v1/token"
      service_account_impersonation_url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${var.peer.doors[door]}:generateAccessToken"
      credential_source = {
        environment_id                 = "aws1"
        regional_cred_verification_url = "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"
      }
    })
  }
  federation_variables = var.peer == null ? {} : { GOOGLE_APPLICATION_CREDENTIALS = "${local.folder}/federation.json" }
}

data "aws_iam_policy_document" "from_google" {
  for_each = local.visitors
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["accounts.google.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "accounts.google.com:sub"
      values   = [each.value.caller]
    }
    condition {
      test     = "StringEquals"
      variable = "accounts.google.com:oaud"
      values   = [local.audience]
    }
  }
}

resource "aws_iam_role" "visitor" {
  for_each             = local.visitors
  name                 = local.visitor_roles[each.key]
  max_session_duration = 3600
  assume_role_policy   = data.aws_iam_policy_document.from_google[each.key].json
}

data "aws_iam_policy_document" "visitor" {
  for_each = local.visitors
  dynamic "statement" {
    for_each = { for what in each.value.may : what => local.may[what] }
    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role_policy" "visitor" {
  for_each = local.visitors
  name     = each.key
  role     = aws_iam_role.visitor[each.key].id
  policy   = data.aws_iam_policy_document.visitor[each.key].json
}
