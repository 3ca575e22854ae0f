# The collector beside each instance writes what the service tells at /metrics to Managed Service for Prometheus, where an
# alarm is a query. Of several instances, the worst.

locals {
  queries = { for name, alert in local.app.alerts : name => {
    metric = alert.metric
    series = join("", [alert.metric, contains(keys(alert), "labels") ? format("{code=~%q}", join("|", alert.labels.code)) : ""])
    worse  = contains(keys(alert), "above") ? "> ${alert.above}" : "< ${alert.below}"
    worst  = contains(keys(alert), "above") ? "max" : "min"
    absent = alert.silence ? " or absent(${alert.metric})" : ""
    lasts  = "${alert.minutes * 60}s"
  } }
}

resource "google_monitoring_notification_channel" "email" {
  display_name = "${var.name}: alarms"
  type         = "email"
  labels       = { email_address = var.alarm_email }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "service" {
  for_each              = local.queries
  display_name          = "${var.name}-${each.key}"
  combiner              = "OR"
  notification_channels = [google_monitoring_notification_channel.email.id]

  conditions {
    display_name = each.value.metric
    condition_prometheus_query_language {
      query               = "${each.value.worst}(${each.value.series}) ${each.value.worse}${each.value.absent}"
      duration            = each.value.lasts
      evaluation_interval = "60s"
    }
  }
  documentation {
    content   = "${each.value.metric}: see docs/backups.md and docs/command-line.md"
    mime_type = "text/markdown"
  }
}

# Asked at the address itself: the name may lead to the other cloud, and the certificate must be good before it leads here.
resource "google_monitoring_uptime_check_config" "this" {
  display_name = var.name
  timeout      = "10s"
  period       = "60s"

  monitored_resource {
    type = "uptime_url"
    labels = {
      project_id = var.project
      host       = google_compute_global_address.this.address
    }
  }
  http_check {
    path    = local.app.paths.health
    port    = 443
    use_ssl = true
    # The certificate is for the name, which is not asked for.
    validate_ssl = false
    headers      = { Host = var.domain }
  }
}

resource "google_monitoring_alert_policy" "certificate" {
  display_name          = "${var.name}-certificate"
  combiner              = "OR"
  notification_channels = [google_monitoring_notification_channel.email.id]

  conditions {
    display_name = "The certificate has not been renewed: see that its record is in the zone"
    condition_threshold {
      filter          = "resource.type=\"uptime_url\" AND metric.type=\"monitoring.googleapis.com/uptime_check/time_until_ssl_cert_expires\" AND metric.labels.check_id=\"${google_monitoring_uptime_check_config.this.uptime_check_id}\""
      comparison      = "COMPARISON_LT"
      threshold_value = local.app.certificate_days
      duration        = "600s"
      aggregations {
        alignment_period   = "1200s"
        per_series_aligner = "ALIGN_NEXT_OLDER"
      }
      trigger {
        count = 1
      }
    }
  }
}

resource "google_monitoring_alert_policy" "unhealthy" {
  display_name          = "${var.name}-unhealthy"
  combiner              = "OR"
  notification_channels = [google_monitoring_notification_channel.email.id]

  conditions {
    display_name = "The service does not answer"
    condition_threshold {
      filter          = "resource.type=\"uptime_url\" AND metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.labels.check_id=\"${google_monitoring_uptime_check_config.this.uptime_check_id}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "120s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
      }
    }
  }
}

resource "google_monitoring_alert_policy" "failures" {
  display_name          = "${var.name}-failures"
  combiner              = "OR"
  notification_channels = [google_monitoring_notification_channel.email.id]

  conditions {
    display_name = "The service fails"
    condition_threshold {
      filter          = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}\" AND metric.type=\"run.googleapis.com/request_count\" AND metric.labels.response_code_class=\"5xx\""
      comparison      = "COMPARISON_GT"
      threshold_value = 10
      duration        = "180s"
      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
}
