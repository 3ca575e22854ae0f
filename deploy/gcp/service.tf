# Two regions, both serving the one site. Cloud Run itself keeps the zones of each apart.

locals {
  environment = merge(local.variables, local.federation["ship"])
}

resource "google_cloud_run_v2_service" "this" {
  for_each             = local.places
  name                 = var.name
  location             = each.value
  ingress              = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  default_uri_disabled = true
  # Whoever comes through the balancer is let in: the service looks at every token itself.
  invoker_iam_disabled = true
  deletion_protection  = true

  template {
    service_account                  = google_service_account.this["serve"].email
    encryption_key                   = google_kms_crypto_key.rest[each.key].id
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = 500
    # Longer than any stream of events, which ends by itself and is resumed.
    timeout = "3600s"

    scaling {
      min_instance_count = ceil(var.minimum_instances / 2)
      max_instance_count = ceil(var.maximum_instances / 2)
    }
    vpc_access {
      egress = "ALL_TRAFFIC"
      network_interfaces {
        network    = google_compute_network.this.id
        subnetwork = google_compute_subnetwork.this[each.key].id
      }
    }

    containers {
      name  = "panorama"
      image = var.image
      args  = ["serve"]

      ports {
        container_port = local.port
      }
      resources {
        limits = var.size
        # It ships, follows and maintains between requests.
        cpu_idle          = false
        startup_cpu_boost = true
      }
      dynamic "env" {
        for_each = local.environment
        content {
          name  = env.key
          value = env.value
        }
      }
      startup_probe {
        period_seconds    = 3
        failure_threshold = 20
        timeout_seconds   = 3
        http_get {
          path = local.app.paths.health
          port = local.port
        }
      }
      liveness_probe {
        period_seconds    = 15
        failure_threshold = 3
        timeout_seconds   = 6
        http_get {
          path = local.app.paths.health
          port = local.port
        }
      }
      volume_mounts {
        name       = "data"
        mount_path = local.folder
      }
    }

    # Without a configuration of its own it asks port 8080 for /metrics, every 30 seconds.
    containers {
      name       = "collector"
      image      = var.collector_image
      depends_on = ["panorama"]
    }

    volumes {
      name = "data"
      empty_dir {
        medium     = "MEMORY"
        size_limit = "64Mi"
      }
    }
  }

  lifecycle {
    precondition {
      condition     = local.port == 8080 && local.app.paths.metrics == "/metrics"
      error_message = "The collector looks for metrics at port 8080, under /metrics, unless it is configured otherwise."
    }
  }
  depends_on = [google_kms_crypto_key_iam_member.rest, google_compute_router_nat.this]
}
