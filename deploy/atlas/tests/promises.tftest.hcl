# What must hold for whatever is built, held against a provider that builds nothing.

mock_provider "mongodbatlas" {
  mock_resource "mongodbatlas_advanced_cluster" {
    defaults = { connection_strings = [{ standard_srv = "mongodb+srv://panorama.example.mongodb.net" }] }
  }
  mock_resource "mongodbatlas_federated_settings_identity_provider" {
    defaults = { idp_id = "000000000000000000000001" }
  }
}

variables {
  organization      = "000000000000000000000000"
  entrances         = ["192.0.2.1/32", "198.51.100.1/32"]
  aws_roles         = ["arn:aws:iam::000000000000:role/panorama-serve"]
  google_accounts   = ["100000000000000000001"]
  google_identities = { federation = "000000000000000000000002", audience = "panorama-atlas" }
}

run "built" {
  assert {
    condition     = toset(keys(mongodbatlas_advanced_cluster.this)) == toset(["storage", "vault"])
    error_message = "The keys of records lie apart from the records."
  }
  assert {
    condition = alltrue([for cluster in mongodbatlas_advanced_cluster.this : alltrue([for cloud in ["AWS", "GCP", "AZURE"] :
    sum([for region in cluster.replication_specs[0].region_configs : region.electable_specs[0].node_count if region.provider_name == cloud]) * 2 < sum(cluster.replication_specs[0].region_configs[*].electable_specs[0].node_count)])])
    error_message = "No cloud has a majority of the electable nodes."
  }
  assert {
    condition     = alltrue([for cluster in mongodbatlas_advanced_cluster.this : cluster.replication_specs[0].region_configs[*].priority == tolist([7, 6, 5])])
    error_message = "One cloud after the other is preferred."
  }
  assert {
    condition     = alltrue([for cluster in mongodbatlas_advanced_cluster.this : one(cluster.advanced_configuration[*].minimum_enabled_tls_protocol) == "TLS1_2"])
    error_message = "TLS 1.2 or newer."
  }
  assert {
    condition     = !mongodbatlas_advanced_cluster.this["vault"].backup_enabled && !mongodbatlas_advanced_cluster.this["vault"].pit_enabled && toset(keys(mongodbatlas_cloud_backup_schedule.this)) == toset(["storage"])
    error_message = "Atlas keeps no copy of the vault: ours expire in time for the arithmetic of erasure."
  }
  assert {
    condition     = alltrue([for cluster in mongodbatlas_advanced_cluster.this : cluster.termination_protection_enabled && cluster.redact_client_log_data])
    error_message = "Nobody removes a cluster by the way, and its log tells nothing of what is asked."
  }
  assert {
    condition     = alltrue([for user in mongodbatlas_database_user.this : user.aws_iam_type == "ROLE" || user.oidc_auth_type == "USER"]) && length(mongodbatlas_database_user.this) == 2
    error_message = "Whoever logs in is somebody at a cloud, and has no password."
  }
  assert {
    condition     = alltrue([for user in mongodbatlas_database_user.this : toset([for role in user.roles : role.role_name]) == toset(["readWrite"]) && length(user.scopes) == 2])
    error_message = "Whoever comes in reads and writes one database of these two clusters."
  }
  assert {
    condition     = output.addresses.aws.storage == "mongodb+srv://panorama.example.mongodb.net/panorama?authMechanism=MONGODB-AWS&authSource=$external" && strcontains(output.addresses.gcp.vault, "TOKEN_RESOURCE:panorama-atlas")
    error_message = "The addresses are those of docs/mongodb.md."
  }
}
