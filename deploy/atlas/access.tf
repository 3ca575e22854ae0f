# Whoever logs in is a role of AWS or an account of Google Cloud. There is no password that could be lost or that would
# have to be replaced: docs/mongodb.md.

locals {
  database = "panorama"

  callers = merge(
    { for role in var.aws_roles : role => { username = role, kind = "aws" } },
    { for account in var.google_accounts : account => { username = "${one(mongodbatlas_federated_settings_identity_provider.google[*].idp_id)}/${account}", kind = "google" } },
  )
}

resource "mongodbatlas_project_ip_access_list" "this" {
  for_each   = toset(var.entrances)
  project_id = mongodbatlas_project.this.id
  cidr_block = each.value
  comment    = "${var.name} comes from here"
}

resource "mongodbatlas_federated_settings_identity_provider" "google" {
  count                  = var.google_identities == null ? 0 : 1
  federation_settings_id = var.google_identities.federation
  name                   = "${var.name}-google"
  description            = "Accounts of Google Cloud, by tokens of their machines"
  protocol               = "OIDC"
  idp_type               = "WORKLOAD"
  issuer_uri             = "https://accounts.google.com"
  audience               = var.google_identities.audience
  authorization_type     = "USER"
  user_claim             = "sub"
}

resource "mongodbatlas_database_user" "this" {
  for_each           = local.callers
  project_id         = mongodbatlas_project.this.id
  auth_database_name = each.value.kind == "aws" ? "$external" : "admin"
  username           = each.value.username
  aws_iam_type       = each.value.kind == "aws" ? "ROLE" : null
  oidc_auth_type     = each.value.kind == "google" ? "USER" : null

  roles {
    role_name     = "readWrite"
    database_name = local.database
  }
  dynamic "scopes" {
    for_each = mongodbatlas_advanced_cluster.this
    content {
      name = scopes.value.name
      type = "CLUSTER"
    }
  }
}
