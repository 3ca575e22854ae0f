# Two kinds of keys, all renewed by Google: one wraps the tenants' data keys, in several regions under one name; the others,
# one in each region because a bucket wants its key beside it, are what stores, secrets and logs are encrypted under.

locals {
  rotation_period = "${local.app.rotation_days * 86400}s"

  # Services of Google that encrypt under the keys at rest, each as itself.
  resting = {
    storage = data.google_storage_project_service_account.this.email_address
    run     = "service-${local.number}@serverless-robot-prod.iam.gserviceaccount.com"
    # Made by hand, before the first time: docs/gcp.md.
    secrets = "service-${local.number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
    logging = data.google_logging_project_cmek_settings.this.service_account_id
  }
}

resource "google_kms_key_ring" "wrapping" {
  name     = var.name
  location = local.app.regions.gcp.keys

  depends_on = [google_project_service.this]
}

resource "google_kms_crypto_key" "wrapping" {
  #checkov:skip=CKV_GCP_82:The provider itself refuses to delete it, by its deletion_policy, of which checkov does not know.
  #checkov:skip=CKV_GCP_43:Ninety days, by app.json, which checkov does not read; tests/promises.tftest.hcl holds it to them.
  name                       = "wrapping"
  key_ring                   = google_kms_key_ring.wrapping.id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = local.rotation_period
  destroy_scheduled_duration = "2592000s"
  deletion_policy            = "PREVENT"

  version_template {
    algorithm        = "GOOGLE_SYMMETRIC_ENCRYPTION"
    protection_level = "HSM"
  }
}

resource "google_kms_key_ring" "rest" {
  for_each = local.places
  name     = "${var.name}-rest"
  location = each.value

  depends_on = [google_project_service.this]
}

resource "google_kms_crypto_key" "rest" {
  #checkov:skip=CKV_GCP_82:The provider itself refuses to delete it, by its deletion_policy, of which checkov does not know.
  #checkov:skip=CKV_GCP_43:Ninety days, by app.json, which checkov does not read; tests/promises.tftest.hcl holds it to them.
  for_each                   = local.places
  name                       = "rest"
  key_ring                   = google_kms_key_ring.rest[each.key].id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = local.rotation_period
  destroy_scheduled_duration = "2592000s"
  deletion_policy            = "PREVENT"

  version_template {
    algorithm        = "GOOGLE_SYMMETRIC_ENCRYPTION"
    protection_level = "HSM"
  }
}

data "google_storage_project_service_account" "this" {}

data "google_logging_project_cmek_settings" "this" {
  project = var.project
}

resource "google_kms_crypto_key_iam_member" "rest" {
  for_each      = { for pair in setproduct(keys(local.places), keys(local.resting)) : "${pair[0]}-${pair[1]}" => { place = pair[0], service = pair[1] } }
  crypto_key_id = google_kms_crypto_key.rest[each.value.place].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${local.resting[each.value.service]}"
}
