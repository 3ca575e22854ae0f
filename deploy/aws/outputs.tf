# The same in deploy/aws and deploy/gcp, word for word: deploy/common/README.md.

output "address" {
  value       = aws_lb.this.dns_name
  description = "What the DNS name of `domain` must point at."
}

output "health_url" {
  value       = "https://${aws_lb.this.dns_name}${local.app.paths.health}"
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
    { for name, role in aws_iam_role.this : name => role.arn },
    { ship = "arn:aws:iam::${local.account}:role/${local.visitor_roles.ship}" },
  )
  description = "Who serves, ships for the other cloud, prunes and operates: `serve`, `ship`, `prune`, `operate`."
}

output "peer" {
  value = {
    key_manager   = local.own_key
    blobs         = local.own_blobs
    control_store = local.control_store
    callers       = { for name, role in aws_iam_role.this : name => role.arn }
    doors = merge(
      { provider = local.audience },
      { for door, role in local.visitor_roles : door => "arn:aws:iam::${local.account}:role/${role}" },
    )
  }
  description = "What the other cloud's root takes as its `peer`."
}
