# Staff come in through groups, and only until a date that is a quarter away at the most. They have no data: operators run
# the job `operate`, auditors read what is configured and logged.

locals {
  staff = var.staff == null ? {} : { operators = "group:${var.staff.operators}", auditors = "group:${var.staff.auditors}" }

  looking = ["roles/run.viewer", "roles/logging.viewer", "roles/monitoring.viewer", "roles/cloudkms.viewer", "roles/secretmanager.viewer", "roles/iam.securityReviewer"]
  until   = "request.time < timestamp('${try(var.staff.until, "1970-01-01T00:00:00Z")}')"
}

resource "google_project_iam_custom_role" "operators" {
  role_id     = "${replace(var.name, "-", "_")}_operators"
  title       = "${var.name}: operators"
  permissions = ["run.jobs.run", "run.jobs.runWithOverrides", "run.executions.get", "run.executions.cancel", "secretmanager.versions.add"]
}

resource "google_project_iam_member" "looking" {
  for_each = { for pair in setproduct(keys(local.staff), local.looking) : "${pair[0]}-${pair[1]}" => { who = pair[0], role = pair[1] } }
  project  = var.project
  role     = each.value.role
  member   = local.staff[each.value.who]

  condition {
    title      = "Until then"
    expression = local.until
  }
}

resource "google_project_iam_member" "operators" {
  for_each = { for who, member in local.staff : who => member if who == "operators" }
  project  = var.project
  role     = google_project_iam_custom_role.operators.id
  member   = each.value

  condition {
    title      = "The job for operators and the secrets of the service, until then"
    expression = "${local.until} && (resource.name.startsWith('${google_cloud_run_v2_job.this["operate"].id}') || resource.name.startsWith('projects/${local.number}/secrets/${local.secret_prefix}'))"
  }
}
