locals {
  app    = jsondecode(file("${path.module}/../common/app.json"))
  first  = local.app.regions.aws.first
  second = local.app.regions.aws.second
  place  = "aws"
  tags   = { application = var.name }

  account = data.aws_caller_identity.current.account_id
  port    = local.app.settings["server.port"]
  folder  = local.app.settings["data"]

  database_secret = coalesce(var.database_secret, local.app.secrets.storage)
  vault_secret    = coalesce(var.vault_secret, local.app.secrets.vault)
  secret_names    = compact([local.database_secret, local.vault_secret, var.recovery_key_secret])
  secret_prefix   = "${var.name}/"

  regions        = coalesce(var.allowed_regions, local.app.regions.allowed)
  control_store  = "s3://${aws_s3_bucket.control.id}?region=${local.first}"
  control_stores = var.peer == null ? [local.control_store] : [local.control_store, var.peer.control_store, var.witness_control_store]

  own_key   = "aws-kms:${aws_kms_key.wrapping.arn}"
  own_blobs = ["s3://${aws_s3_bucket.first.id}?region=${local.first}", "s3://${aws_s3_bucket.second.id}?region=${local.second}"]

  site = merge(
    {
      region           = local.first
      storage          = "secret:${local.database_secret}"
      vault            = "secret:${local.vault_secret}"
      keys             = concat([local.own_key], var.peer == null ? [] : [var.peer.key_manager])
      blobs            = concat(local.own_blobs, var.peer == null ? [] : var.peer.blobs)
      secrets          = "aws-secrets:${local.secret_prefix}?region=${local.first}"
      soft_delete_days = local.app.soft_delete.days
    },
    var.recovery_key_secret == null ? {} : { recovery_key = "secret:${var.recovery_key_secret}" },
  )

  # Everything that the service is told, by the paths of docs/configuration.md.
  settings = merge(
    { for path, value in local.app.settings : path => tostring(value) },
    { for key, value in local.site : "sites.${local.place}.${key}" => try(join(",", value), tostring(value)) },
    {
      "active"             = local.place
      "regions"            = join(",", local.regions)
      "app.base_urls"      = "https://${var.domain}"
      "control.stores"     = join(",", local.control_stores)
      "server.certificate" = "${local.folder}/tls.crt"
      "server.key"         = "${local.folder}/tls.key"
      "server.proxies"     = join(",", [for subnet in aws_subnet.public : subnet.cidr_block])
    },
    var.forge_app == null ? {} : { "app.forge_app" = var.forge_app },
  )
  variables = merge(
    { for path, value in local.settings : "${local.app.environment.prefix}${upper(replace(path, ".", local.app.environment.nesting))}" => value },
    { AWS_REGION = local.first },
  )
}
