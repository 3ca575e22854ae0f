# What the service logs goes into one place, encrypted and kept for as long as on the other cloud, and nowhere else. Cloud
# Run's own log of requests goes nowhere: it holds whole addresses, and Jira puts tokens into those.

locals {
  requests = "log_id(\"run.googleapis.com/requests\")"
  logged   = "(resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}\") OR (resource.type=\"cloud_run_job\" AND resource.labels.job_name:\"${var.name}-\")"
}

resource "google_logging_project_bucket_config" "this" {
  project        = var.project
  location       = local.first
  bucket_id      = var.name
  retention_days = local.app.log_days

  cmek_settings {
    kms_key_name = google_kms_crypto_key.rest["first"].id
  }

  depends_on = [google_kms_crypto_key_iam_member.rest]
}

resource "google_logging_project_sink" "this" {
  name                   = var.name
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.this.id}"
  filter                 = "(${local.logged}) AND NOT ${local.requests}"
  unique_writer_identity = true
}

resource "google_logging_project_exclusion" "this" {
  for_each    = { requests = local.requests, service = local.logged }
  name        = "${var.name}-${each.key}"
  description = "Kept by the sink ${var.name}, or not at all"
  filter      = each.value
}
