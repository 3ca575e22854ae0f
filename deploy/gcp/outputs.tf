# The same in deploy/aws and deploy/gcp, word for word: deploy/common/README.md.

output "address" {
  value       = google_compute_global_address.this.address
  description = "What the DNS name of `domain` must point at."
}

output "health_url" {
  value       = "https://${google_compute_global_address.this.address}${local.app.paths.health}"
  description = "Where the service tells that it lives."
}

output "site" {
  value       = local.site
  description = "The `[sites.NAME]` table of this cloud, as `panorama.toml` takes it."
}

output "control_store" {
  value       = local.control_store
  description = "The address of this cloud's control store."
}

output "identities" {
  value = merge(
    { for name, account in google_service_account.this : name => account.email },
    { ship = "${local.visitor_accounts.ship}@${var.project}.iam.gserviceaccount.com" },
  )
  description = "Who serves, ships for the other cloud, prunes and operates: `serve`, `ship`, `prune`, `operate`."
}

output "peer" {
  value = {
    key_manager   = local.own_key
    blobs         = local.own_blobs
    control_store = local.control_store
    callers       = { for name, account in google_service_account.this : name => account.unique_id }
    doors = merge(
      { provider = local.provider },
      { for door, account in local.visitor_accounts : door => "${account}@${var.project}.iam.gserviceaccount.com" },
    )
  }
  description = "What the other cloud's root takes as its `peer`."
}
