# What must hold for whatever is built, held against a provider that builds nothing.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project         = "example"
  image           = "registry.example/panorama@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  collector_image = "registry.example/collector@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  domain          = "panorama.example.com"
  alarm_email     = "alarms@example.com"
}

run "alone" {
  command = plan

  assert {
    condition     = alltrue([for key in concat([google_kms_crypto_key.wrapping], values(google_kms_crypto_key.rest)) : key.rotation_period == "7776000s"])
    error_message = "Every key is renewed every 90 days."
  }
  assert {
    condition     = google_kms_key_ring.wrapping.location == "us" && toset(values(google_kms_key_ring.rest)[*].location) == toset(["us-central1", "us-east1"])
    error_message = "The wrapping key is in several regions; each store has a key beside it."
  }
  assert {
    condition     = length(distinct(values(google_cloud_run_v2_service.this)[*].location)) == 2
    error_message = "Two regions serve."
  }
  assert {
    condition     = alltrue([for service in google_cloud_run_v2_service.this : service.template[0].scaling[0].min_instance_count >= 1 && !service.template[0].containers[0].resources[0].cpu_idle])
    error_message = "Each region has an instance that is awake, so that it ships and maintains."
  }
  assert {
    condition     = alltrue([for service in google_cloud_run_v2_service.this : service.ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" && service.default_uri_disabled])
    error_message = "The service is reached through the balancer alone."
  }
  assert {
    condition     = alltrue([for task in concat(values(google_cloud_run_v2_service.this)[*].template[0].vpc_access[0].egress, values(google_cloud_run_v2_job.this)[*].template[0].template[0].vpc_access[0].egress) : task == "ALL_TRAFFIC"])
    error_message = "Whatever goes out, goes out by the network that limits it."
  }
  assert {
    condition     = google_compute_ssl_policy.this.min_tls_version == "TLS_1_2" && contains(["MODERN", "RESTRICTED"], google_compute_ssl_policy.this.profile)
    error_message = "TLS 1.2 or newer."
  }
  assert {
    condition     = try(google_compute_url_map.clear.default_url_redirect[0].https_redirect, false) && google_compute_url_map.clear.default_service == null
    error_message = "Whoever asks in clear is only sent to TLS."
  }
  assert {
    condition     = alltrue([for bucket in concat(values(google_storage_bucket.backups), [google_storage_bucket.control]) : bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access])
    error_message = "No bucket can be made public."
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.backups : bucket.enable_object_retention && length(bucket.retention_policy) == 0]) && google_storage_bucket.control.enable_object_retention != true
    error_message = "Backups can be locked, each object for its own time; the word on epochs cannot."
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.backups : length(bucket.encryption) == 1])
    error_message = "Backups are encrypted under our key."
  }
  assert {
    condition     = alltrue([for bucket in concat(values(google_storage_bucket.backups), [google_storage_bucket.control]) : one(bucket.soft_delete_policy[*].retention_duration_seconds) == 0 && length(bucket.versioning) == 0])
    error_message = "What was deleted is gone, as the arithmetic of erasure counts."
  }
  assert {
    condition     = toset(values(google_storage_bucket.backups)[*].location) == toset(["US-CENTRAL1", "US-EAST1"])
    error_message = "Backups are in two regions."
  }
  assert {
    condition     = length([for what in concat(local.roles.serve, local.roles.operate) : what if what == "hide"]) == 0
    error_message = "Only pruning deletes what was shipped."
  }
  assert {
    condition     = alltrue([for what in ["look", "read", "create", "wrap", "control", "told", "secrets", "list"] : !anytrue([for permission in local.may[what].permissions : endswith(permission, ".delete")])])
    error_message = "What cannot delete cannot write over either."
  }
  assert {
    condition     = length([for what in local.roles.prune : what if contains(["create", "word", "passwords", "make", "try"], what)]) == 0
    error_message = "Pruning makes nothing."
  }
  assert {
    condition     = alltrue([for role in google_project_iam_custom_role.this : alltrue([for permission in role.permissions : !strcontains(permission, "*") && !strcontains(permission, "setIamPolicy")])])
    error_message = "Every permission is named, and none grants others."
  }
  assert {
    condition     = alltrue([for name, grant in google_storage_bucket_iam_member.this : length(grant.condition) == 1 if contains(["create", "hide", "try", "word", "told"], local.in_buckets[name].what)])
    error_message = "Whoever writes or deletes does so under the names that are meant."
  }
  assert {
    condition     = local.variables["PANORAMA_BACKUPS__PRUNE"] == "false" && local.variables["PANORAMA_SERVER__PORT"] == "8080"
    error_message = "Settings come from app.json."
  }
  assert {
    condition     = google_cloud_scheduler_job.this["maintain"].schedule == "0 */1 * * *" && google_cloud_scheduler_job.this["prune"].schedule == "0 */12 * * *"
    error_message = "As often as app.json says."
  }
  assert {
    condition     = !google_compute_backend_service.this.log_config[0].enable && google_logging_project_exclusion.this["requests"].filter == "log_id(\"run.googleapis.com/requests\")" && strcontains(google_logging_project_sink.this.filter, "NOT log_id(\"run.googleapis.com/requests\")")
    error_message = "Addresses of requests, with the tokens in them, are written down nowhere."
  }
  assert {
    condition     = google_logging_project_bucket_config.this.retention_days == local.app.log_days && length(google_logging_project_bucket_config.this.cmek_settings) == 1
    error_message = "Logs are encrypted under our key, and kept for as long as app.json says."
  }
  assert {
    condition     = alltrue([for secret in google_secret_manager_secret.this : length(secret.replication[0].user_managed[0].replicas) == 2 && secret.version_destroy_ttl == null])
    error_message = "Secrets are in both regions, and what is destroyed is gone at once."
  }
  assert {
    condition     = alltrue([for name in ["backup-lag", "drill-age", "drill-failed", "key-age", "not-writable"] : contains(keys(google_monitoring_alert_policy.service), name)])
    error_message = "Somebody is told of backups, keys, drills and the fence."
  }
  assert {
    condition     = google_monitoring_alert_policy.service["backup-lag"].conditions[0].condition_prometheus_query_language[0].query == "max(panorama_backup_lag_seconds) > 60 or absent(panorama_backup_lag_seconds)"
    error_message = "A lag that nobody can tell is as bad as a long one."
  }
  assert {
    condition     = google_monitoring_alert_policy.service["key-age"].conditions[0].condition_prometheus_query_language[0].query == "max(panorama_job_findings{code=~\"due-key|late-key|late-sweep|key-beyond-limit\"}) > 0"
    error_message = "Of the findings, those about keys."
  }
  assert {
    condition     = google_monitoring_alert_policy.certificate.conditions[0].condition_threshold[0].threshold_value == local.app.certificate_days
    error_message = "Somebody is told of a certificate that is not renewed."
  }
  assert {
    condition     = toset([for rule in google_compute_security_policy.this.rule : rule.match[0].expr[0].expression if rule.priority == 100]) == toset(["request.path.lower().startsWith('/metrics')"])
    error_message = "Nobody outside reads metrics."
  }
}

run "linked" {
  assert {
    condition     = toset(google_compute_backend_service.this.backend[*].group) == toset(values(google_compute_region_network_endpoint_group.this)[*].id)
    error_message = "Both regions are behind the one balancer."
  }
  assert {
    condition     = google_cloud_run_v2_job.this["prune"].template[0].template[0].service_account == google_service_account.this["prune"].email && toset(keys(google_cloud_scheduler_job.this)) == toset(["maintain", "prune"])
    error_message = "Maintenance and pruning are scheduled, pruning as somebody else than serving."
  }
  assert {
    condition     = google_compute_target_http_proxy.clear.url_map == google_compute_url_map.clear.id && google_compute_target_https_proxy.this.url_map == google_compute_url_map.this.id
    error_message = "In clear there is nothing but the way to TLS."
  }
  assert {
    condition     = google_compute_backend_service.this.security_policy == google_compute_security_policy.this.id && google_compute_target_https_proxy.this.ssl_policy == google_compute_ssl_policy.this.id
    error_message = "The firewall and the limits of TLS are in force."
  }
}
