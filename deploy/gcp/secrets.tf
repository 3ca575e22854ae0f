# Names only: what they hold is put there by an operator, and passes through no state. The service replaces the
# passwords in them by itself, long before they are ninety days old, and destroys what it has replaced.

resource "google_secret_manager_secret" "this" {
  for_each            = toset(local.secret_names)
  secret_id           = "${local.secret_prefix}${each.key}"
  deletion_protection = true

  replication {
    user_managed {
      dynamic "replicas" {
        for_each = local.places
        content {
          location = replicas.value
          customer_managed_encryption {
            kms_key_name = google_kms_crypto_key.rest[replicas.key].id
          }
        }
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.rest]
}
