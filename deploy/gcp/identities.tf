# Who may what. Serving creates and locks objects of backups, and never deletes one; pruning deletes, and creates none;
# operating tries, restores and fails over. Without the permission to delete, nobody writes over an object either. The
# accounts that the other cloud's processes stand for are in federation.tf.

locals {
  shipped = concat(local.app.objects.segments_and_snapshots, [local.app.objects.vault_copies])
  trial   = [local.app.objects.trial]

  # Each permission of the service, and where: `of` a bucket and, where it says so, of objects whose names begin so.
  may = {
    look   = { permissions = ["storage.buckets.get", "storage.objects.list"], of = "backups" }
    read   = { permissions = ["storage.objects.get"], of = "backups" }
    create = { permissions = ["storage.objects.create", "storage.objects.update", "storage.objects.setRetention"], of = "backups", named = local.shipped }
    hide   = { permissions = ["storage.objects.delete"], of = "backups", named = local.shipped }
    # A resumable upload that is given up is deleted.
    try       = { permissions = ["storage.objects.create", "storage.objects.update", "storage.objects.setRetention", "storage.objects.delete"], of = "backups", named = local.trial }
    wrap      = { permissions = ["cloudkms.cryptoKeyVersions.useToEncrypt", "cloudkms.cryptoKeyVersions.useToDecrypt", "cloudkms.cryptoKeys.get"], of = "key" }
    control   = { permissions = ["storage.buckets.get", "storage.objects.list"], of = "control" }
    word      = { permissions = ["storage.objects.get", "storage.objects.create", "storage.objects.delete"], of = "control", named = [local.app.objects.word] }
    told      = { permissions = ["storage.objects.get"], of = "control", named = [local.app.objects.word] }
    secrets   = { permissions = ["secretmanager.versions.access", "secretmanager.versions.list"], of = "secrets" }
    passwords = { permissions = ["secretmanager.versions.add", "secretmanager.versions.destroy"], of = "secrets" }
    # These are asked of the project, which has no part of a name.
    make = { permissions = ["secretmanager.secrets.create"], of = "project" }
    list = { permissions = ["secretmanager.secrets.list"], of = "project" }
  }

  roles = {
    serve   = ["look", "read", "create", "wrap", "control", "word", "secrets", "passwords", "list"]
    prune   = ["look", "read", "hide", "wrap", "control", "told", "secrets", "list"]
    operate = ["look", "read", "create", "try", "wrap", "control", "word", "secrets", "passwords", "make", "list"]
  }

  # Everybody who may anything, by what, of the processes here and of those of the other cloud.
  accounts = merge(
    { for name, account in google_service_account.this : name => account.email },
    { for door, account in google_service_account.visitor : "visitor-${door}" => account.email },
  )
  everybody = merge(local.roles, { for door, visitor in local.visitors : "visitor-${door}" => visitor.may })
  grants    = merge([for who, mays in local.everybody : { for what in mays : "${who}-${what}" => { who = who, what = what } }]...)

  buckets = merge({ control = google_storage_bucket.control.name }, { for place, bucket in google_storage_bucket.backups : "backups-${place}" => bucket.name })
  in_buckets = merge([for name, grant in local.grants : {
    for bucket in keys(local.buckets) : "${name}-${bucket}" => merge(grant, { bucket = bucket }) if split("-", bucket)[0] == local.may[grant.what].of
  }]...)
}

resource "google_service_account" "this" {
  for_each     = local.roles
  account_id   = "${var.name}-${each.key}"
  display_name = "${var.name}: ${each.key}"
}

resource "google_project_iam_custom_role" "this" {
  for_each    = local.may
  role_id     = "${replace(var.name, "-", "_")}_${each.key}"
  title       = "${var.name}: ${each.key}"
  permissions = each.value.permissions
}

resource "google_storage_bucket_iam_member" "this" {
  for_each = local.in_buckets
  bucket   = local.buckets[each.value.bucket]
  role     = google_project_iam_custom_role.this[each.value.what].id
  member   = "serviceAccount:${local.accounts[each.value.who]}"

  dynamic "condition" {
    for_each = contains(keys(local.may[each.value.what]), "named") ? [local.may[each.value.what].named] : []
    content {
      title      = "Only objects whose names begin so"
      expression = join(" || ", [for prefix in condition.value : "resource.name.startsWith('projects/_/buckets/${local.buckets[each.value.bucket]}/objects/${prefix}')"])
    }
  }
}

resource "google_kms_crypto_key_iam_member" "wrapping" {
  for_each      = { for name, grant in local.grants : name => grant if local.may[grant.what].of == "key" }
  crypto_key_id = google_kms_crypto_key.wrapping.id
  role          = google_project_iam_custom_role.this[each.value.what].id
  member        = "serviceAccount:${local.accounts[each.value.who]}"
}

resource "google_project_iam_member" "secrets" {
  for_each = { for name, grant in local.grants : name => grant if contains(["secrets", "project"], local.may[grant.what].of) }
  project  = var.project
  role     = google_project_iam_custom_role.this[each.value.what].id
  member   = "serviceAccount:${local.accounts[each.value.who]}"

  dynamic "condition" {
    for_each = local.may[each.value.what].of == "secrets" ? [local.secret_prefix] : []
    content {
      title      = "Only secrets whose names begin so"
      expression = "resource.name.startsWith('projects/${local.number}/secrets/${condition.value}')"
    }
  }
}

# The collector has the account of its instance.
resource "google_project_iam_member" "metrics" {
  project = var.project
  role    = "roles/monitoring.metricWriter"
  member  = "serviceAccount:${google_service_account.this["serve"].email}"
}

# Who did what with data and keys is written down, and by whom it was read.
resource "google_project_iam_audit_config" "this" {
  for_each = toset(["storage.googleapis.com", "cloudkms.googleapis.com", "secretmanager.googleapis.com"])
  project  = var.project
  service  = each.key

  audit_log_config {
    log_type = "ADMIN_READ"
  }
  audit_log_config {
    log_type = "DATA_READ"
  }
  audit_log_config {
    log_type = "DATA_WRITE"
  }
}
