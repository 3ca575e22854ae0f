locals {
  hosts = { for name, cluster in mongodbatlas_advanced_cluster.this : name => cluster.connection_strings[0].standard_srv }
  ends = {
    aws = "authMechanism=MONGODB-AWS&authSource=$external"
    gcp = "authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:gcp,TOKEN_RESOURCE:${try(var.google_identities.audience, "")}"
  }
}

output "addresses" {
  value       = { for cloud, end in local.ends : cloud => { for name, host in local.hosts : name => "${host}/${local.database}?${end}" } }
  description = "What the secrets of each cloud hold: the addresses of the `storage` and of the `vault`. There is no secret in them."
}
