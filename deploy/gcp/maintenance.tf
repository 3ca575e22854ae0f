# The service does its maintenance by itself, and pruning it may not do. These run whether it serves or not; whoever
# finds another at a job leaves it to that one. `operate` is run by an operator, with the command that is wanted.

locals {
  tasks = {
    maintain = { who = "serve", door = "ship", command = local.app.schedules.maintain.command }
    prune    = { who = "prune", door = "prune", command = local.app.schedules.prune.command }
    operate  = { who = "operate", door = "prune", command = ["preflight"] }
  }
}

resource "google_cloud_run_v2_job" "this" {
  for_each            = local.tasks
  name                = "${var.name}-${each.key}"
  location            = local.first
  deletion_protection = true

  template {
    template {
      service_account       = google_service_account.this[each.value.who].email
      encryption_key        = google_kms_crypto_key.rest["first"].id
      execution_environment = "EXECUTION_ENVIRONMENT_GEN2"
      max_retries           = 3
      timeout               = "86400s"

      vpc_access {
        egress = "ALL_TRAFFIC"
        network_interfaces {
          network    = google_compute_network.this.id
          subnetwork = google_compute_subnetwork.this["first"].id
        }
      }
      containers {
        name  = "panorama"
        image = var.image
        args  = each.value.command

        resources {
          limits = var.size
        }
        dynamic "env" {
          for_each = merge(local.variables, local.federation[each.value.door])
          content {
            name  = env.key
            value = env.value
          }
        }
        volume_mounts {
          name       = "data"
          mount_path = local.folder
        }
      }
      volumes {
        name = "data"
        empty_dir {
          medium     = "MEMORY"
          size_limit = "64Mi"
        }
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.rest, google_compute_router_nat.this]
}

resource "google_service_account" "scheduler" {
  account_id   = "${var.name}-scheduler"
  display_name = "${var.name}: scheduler"
}

resource "google_cloud_run_v2_job_iam_member" "scheduler" {
  for_each = local.app.schedules
  name     = google_cloud_run_v2_job.this[each.key].name
  location = local.first
  role     = "roles/run.invoker"
  member   = "serviceAccount:${google_service_account.scheduler.email}"
}

resource "google_cloud_scheduler_job" "this" {
  for_each         = local.app.schedules
  name             = "${var.name}-${each.key}"
  region           = local.first
  schedule         = "0 */${each.value.every_hours} * * *"
  time_zone        = "Etc/UTC"
  attempt_deadline = "180s"

  retry_config {
    retry_count        = 3
    max_retry_duration = "1800s"
  }
  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/${google_cloud_run_v2_job.this[each.key].id}:run"
    oauth_token {
      service_account_email = google_service_account.scheduler.email
      scope                 = "https://www.googleapis.com/auth/cloud-platform"
    }
  }
}
