# Which site may write: one small object, replaced by compare-and-swap. No versions, no lock, no soft delete: what was
# replaced must not come back. Encrypted by Google itself, so that no key manager that is out closes the fence.

resource "google_storage_bucket" "control" {
  #checkov:skip=CKV_GCP_62:Who reads and writes objects is told by the audit log, which usage logs fall behind.
  #checkov:skip=CKV_GCP_78:A word on epochs that was replaced must not come back, so there are no versions.
  name                        = "${var.name}-control-${local.number}"
  location                    = upper(local.first)
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  soft_delete_policy {
    retention_duration_seconds = 0
  }
}
