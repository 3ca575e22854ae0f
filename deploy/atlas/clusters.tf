# Two clusters, because the keys of records lie apart from the records; each over several clouds, of which none has a
# majority. Their passwords are nobody's: access.tf.

locals {
  # What is kept beyond our own backups: none of the vault, because a snapshot of it would keep the keys of an erased customer.
  clusters = { storage = { backed_up = true }, vault = { backed_up = false } }
  days     = 7
}

resource "mongodbatlas_project" "this" {
  name   = var.name
  org_id = var.organization
  # Nobody looks at documents in a browser.
  is_data_explorer_enabled  = false
  is_schema_advisor_enabled = false
}

resource "mongodbatlas_advanced_cluster" "this" {
  for_each                       = local.clusters
  project_id                     = mongodbatlas_project.this.id
  name                           = "${var.name}-${each.key}"
  cluster_type                   = "REPLICASET"
  mongo_db_major_version         = "8.0"
  backup_enabled                 = each.value.backed_up
  pit_enabled                    = each.value.backed_up
  retain_backups_enabled         = false
  termination_protection_enabled = true
  redact_client_log_data         = true

  replication_specs {
    dynamic "region_configs" {
      for_each = var.nodes
      content {
        provider_name = region_configs.value.provider
        region_name   = region_configs.value.region
        priority      = 7 - region_configs.key

        electable_specs {
          instance_size = var.size
          node_count    = region_configs.value.count
        }
        auto_scaling {
          disk_gb_enabled = true
        }
      }
    }
  }
  advanced_configuration {
    minimum_enabled_tls_protocol = "TLS1_2"
    javascript_enabled           = false
    default_write_concern        = "majority"
  }
}

resource "mongodbatlas_cloud_backup_schedule" "this" {
  for_each            = { for name, cluster in local.clusters : name => cluster if cluster.backed_up }
  project_id          = mongodbatlas_project.this.id
  cluster_name        = mongodbatlas_advanced_cluster.this[each.key].name
  restore_window_days = local.days

  policy_item_daily {
    frequency_interval = 1
    retention_unit     = "days"
    retention_value    = local.days
  }
}

# Who logged in, and who changed users, indexes and collections; never what is read or written.
resource "mongodbatlas_auditing" "this" {
  project_id                  = mongodbatlas_project.this.id
  enabled                     = true
  audit_authorization_success = false
  audit_filter                = jsonencode({ atype = { "$in" = ["authenticate", "createUser", "dropUser", "updateUser", "grantRolesToUser", "dropCollection", "dropDatabase", "dropIndex"] } })
}
