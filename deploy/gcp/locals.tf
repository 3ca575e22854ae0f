# What this cloud alone says of the site and the service of site.tf, and of what outputs.tf puts out.

locals {
  place  = "gcp"
  places = { first = local.first, second = local.second }
  number = data.google_project.this.number

  secret_prefix = "${var.name}-"
  secret_store  = "gcp-secrets:projects/${var.project}/${local.secret_prefix}?region=${local.first}"
  control_store = "gs://${google_storage_bucket.control.name}?region=${local.first}"
  own_key       = "gcp-kms:${google_kms_crypto_key.wrapping.id}"
  own_blobs     = [for place, bucket in google_storage_bucket.backups : "gs://${bucket.name}?region=${local.places[place]}"]

  # Cloud Run ends TLS and hands requests on from an address of the instance itself, which nobody else has.
  own_settings  = { "server.proxies" = "169.254.0.0/16" }
  own_variables = {}

  address     = google_compute_global_address.this.address
  identities  = { for name, account in google_service_account.this : name => account.email }
  own_callers = { for name, account in google_service_account.this : name => account.unique_id }
  doors = merge(
    { provider = local.provider },
    { for door, account in local.visitor_accounts : door => "${account}@${var.project}.iam.gserviceaccount.com" },
  )
}
