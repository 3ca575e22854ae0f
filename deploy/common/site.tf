# What a site is and what the service is told, on either cloud. Where things are on this cloud, its own locals.tf says:
# `place`, `own_key`, `own_blobs`, `control_store`, `secret_store`, `own_settings` and `own_variables`.

locals {
  app    = jsondecode(file("${path.module}/../common/app.json"))
  first  = local.app.regions[local.place].first
  second = local.app.regions[local.place].second
  port   = local.app.settings["server.port"]
  folder = local.app.settings["data"]

  database_secret = coalesce(var.database_secret, local.app.secrets.storage)
  vault_secret    = coalesce(var.vault_secret, local.app.secrets.vault)
  secret_names    = compact([local.database_secret, local.vault_secret, var.recovery_key_secret])

  regions        = coalesce(var.allowed_regions, local.app.regions.allowed)
  control_stores = var.peer == null ? [local.control_store] : [local.control_store, var.peer.control_store, var.witness_control_store]

  site = merge(
    {
      region           = local.first
      storage          = "secret:${local.database_secret}"
      vault            = "secret:${local.vault_secret}"
      keys             = concat([local.own_key], var.peer == null ? [] : [var.peer.key_manager])
      blobs            = concat(local.own_blobs, var.peer == null ? [] : var.peer.blobs)
      secrets          = local.secret_store
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
    },
    local.own_settings,
    var.forge_app == null ? {} : { "app.forge_app" = var.forge_app },
  )
  variables = merge(
    { for path, value in local.settings : "${local.app.environment.prefix}${upper(replace(path, ".", local.app.environment.nesting))}" => value },
    local.own_variables,
  )
}
