# The two clouds know each other's workloads; nobody has a key that could be lost.

locals {
  # Known before there are any: each root is told of the other's doors.
  pool             = "${var.name}-peers"
  provider         = "projects/${local.number}/locations/global/workloadIdentityPools/${local.pool}/providers/aws"
  visitor_accounts = { for door in ["ship", "prune"] : door => "${var.name}-${door}-aws" }

  # A caller is a role of AWS: its account, and its name.
  callers = var.peer == null ? {} : {
    for name, arn in var.peer.callers : name => { account = split(":", arn)[4], role = element(split("/", arn), length(split("/", arn)) - 1) }
  }

  visitors = var.peer == null ? {} : {
    ship  = { caller = local.callers["serve"], may = ["look", "read", "create", "wrap", "control", "word"] }
    prune = { caller = local.callers["prune"], may = ["look", "read", "hide", "wrap", "control", "told"] }
  }

  # How a process of this cloud becomes a role of AWS: with a token about itself, made out to AWS. Which role depends on the
  # process; that of `ship` may only create.
  federation = { for door in ["ship", "prune"] : door => var.peer == null ? {} : {
    AWS_ROLE_ARN              = var.peer.doors[door]
    AWS_WEB_IDENTITY_AUDIENCE = var.peer.doors["provider"]
    # Who hands out the role: AWS, where the key of that cloud is.
    AWS_DEFAULT_REGION = split(":", var.peer.key_manager)[4]
  } }
}

resource "google_iam_workload_identity_pool" "this" {
  count                     = var.peer == null ? 0 : 1
  workload_identity_pool_id = local.pool
  display_name              = "The other cloud"
}

resource "google_iam_workload_identity_pool_provider" "aws" {
  #checkov:skip=CKV_GCP_125:The rule is about trust in GitHub; this trusts two roles of one account of AWS.
  count                              = var.peer == null ? 0 : 1
  workload_identity_pool_id          = google_iam_workload_identity_pool.this[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "aws"
  display_name                       = "AWS"

  aws {
    account_id = one(distinct(values(local.callers)[*].account))
  }
  attribute_mapping = {
    "google.subject"     = "assertion.arn"
    "attribute.aws_role" = "assertion.arn.extract('assumed-role/{role}/')"
  }
  attribute_condition = "attribute.aws_role in ${jsonencode([for visitor in values(local.visitors) : visitor.caller.role])}"
}

resource "google_service_account" "visitor" {
  for_each     = local.visitors
  account_id   = local.visitor_accounts[each.key]
  display_name = "${var.name}: ${each.key}, from AWS"
}

resource "google_service_account_iam_member" "visitor" {
  for_each           = local.visitors
  service_account_id = google_service_account.visitor[each.key].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.this[0].name}/attribute.aws_role/${each.value.caller.role}"
}
