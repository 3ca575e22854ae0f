# Two buckets, each written to by the service itself. Every object is locked by the service for its own time, and nobody
# shortens that, so there is no retention of the whole bucket: it would keep copies of the key vault, which lie under their
# own prefix, beyond the arithmetic of erasure. What was deleted is gone at once: no versions, no soft delete.

resource "google_storage_bucket" "backups" {
  #checkov:skip=CKV_GCP_62:Who reads and writes objects is told by the audit log, which usage logs fall behind.
  #checkov:skip=CKV_GCP_78:A lock keeps an object from being written over; a version would keep what erasure has deleted.
  for_each                    = local.places
  name                        = "${var.name}-backups-${local.number}-${each.value}"
  location                    = upper(each.value)
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  enable_object_retention     = true
  force_destroy               = false

  encryption {
    default_kms_key_name = google_kms_crypto_key.rest[each.key].id
  }
  soft_delete_policy {
    retention_duration_seconds = 0
  }
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 1
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.rest]
}
