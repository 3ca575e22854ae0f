# What either cloud's root puts out, described in README.md. What stands behind it, the root's own locals.tf says.

output "address" {
  value       = local.address
  description = "What the DNS name of `domain` must point at."
}

output "health_url" {
  value       = "https://${local.address}${local.app.paths.health}"
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
  value       = merge(local.identities, { ship = local.doors.ship })
  description = "Who serves, ships for the other cloud, prunes and operates: `serve`, `ship`, `prune`, `operate`."
}

output "peer" {
  value = {
    key_manager   = local.own_key
    blobs         = local.own_blobs
    control_store = local.control_store
    callers       = local.own_callers
    doors         = local.doors
  }
  description = "What the other cloud's root takes as its `peer`."
}
