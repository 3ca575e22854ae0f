locals {
  app    = jsondecode(file("${path.module}/../common/app.json"))
  first  = local.app.regions.gcp.first
  second = local.app.regions.gcp.second
  places = { first = local.first, second = local.second }
  place  = "gcp"

  number = data.google_project.this.number
  port   = local.app.settings["server.port"]
  folder = local.app.settings["data"]

  database_secret = coalesce(var.database_secret, local.app.secrets.storage)
  vault_secret    = coalesce(var.vault_secret, local.app.secrets.vault)
  secret_names    = compact([local.database_secret, local.vault_secret, var.recovery_key_secret])
  secret_prefix   = "${var.name}-"

  regions        = coalesce(var.allowed_regions, local.app.regions.allowed)
  control_store  = "gs://${google_storage_bucket.control.name}?region=${local.first}"
  control_stores = var.peer == null ? [local.control_store] : [local.control_store, var.peer.control_store, var.witness_control_store]

  own_key   = "gcp-kms:${google_kms_crypto_key.wrapping.id}"
  own_blobs = [for place, bucket in google_storage_bucket.backups : "gs://${bucket.name}?region=${local.places[place]}"]

  site = merge(
    {
      region           = local.first
      storage          = "secret:${local.database_secret}"
      vault            = "secret:${local.vault_secret}"
      keys             = concat([local.own_key], var.peer == null ? [] : [var.peer.key_manager])
      blobs            = concat(local.own_blobs, var.peer == null ? [] : var.peer.blobs)
      secrets          = "gcp-secrets:projects/${var.project}/${local.secret_prefix}?region=${local.first}"
      soft_delete_days = local.app.soft_delete.days
    },
    var.recovery_key_secret == null ? {} : { recovery_key = "secret:${var.recovery_key_secret}" },
  )

  # Everything that the service is told, by the paths of docs/configuration.md.
  settings = merge(
    { for path, value in local.app.settings : path => tostring(value) },
    { for key, value in local.site : "sites.${local.place}.${key}" => try(join(",", value), tostring(value)) },
    {
      "active"         = local.place
      "regions"        = join(",", local.regions)
      "app.base_urls"  = "https://${var.domain}"
      "control.stores" = join(",", local.control_stores)
      # Cloud Run ends TLS and hands requests on from an address of the instance itself, which nobody else has.
      "server.proxies" = "169.254.0.0/16"
    },
    var.forge_app == null ? {} : { "app.forge_app" = var.forge_app },
  )
  variables = { for path, value in local.settings : "${local.app.environment.prefix}${upper(replace(path, ".", local.app.environment.nesting))}" => value }
}
