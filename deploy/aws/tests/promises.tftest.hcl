# What must hold for whatever is built, held against a provider that builds nothing.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "second"
  source = "./tests/mocks"
}

variables {
  image           = "registry.example/panorama@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  collector_image = "registry.example/collector@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  domain          = "panorama.example.com"
  alarm_email     = "alarms@example.com"
  hosted_zone     = "Z0000000000000"
}

run "alone" {
  command = plan

  assert {
    condition     = alltrue([for key in [aws_kms_key.wrapping, aws_kms_key.rest] : key.enable_key_rotation && key.rotation_period_in_days == 90 && key.multi_region])
    error_message = "Every key is renewed every 90 days, and is in both regions."
  }
  assert {
    condition     = length(distinct(aws_subnet.private[*].availability_zone)) >= 2 && length(distinct(aws_subnet.public[*].availability_zone)) >= 2
    error_message = "The service and its balancer are in two zones."
  }
  assert {
    condition     = aws_ecs_service.this.desired_count >= 2 && !aws_ecs_service.this.network_configuration[0].assign_public_ip
    error_message = "Two instances at the least, which nobody reaches from outside."
  }
  assert {
    condition     = length(aws_nat_gateway.this) == length(var.zones)
    error_message = "Each zone has a way out of its own."
  }
  assert {
    condition     = aws_lb_listener.tls.protocol == "HTTPS" && startswith(aws_lb_listener.tls.ssl_policy, "ELBSecurityPolicy-TLS13-1-2")
    error_message = "TLS 1.2 or newer."
  }
  assert {
    condition     = aws_lb_listener.clear.default_action[0].type == "redirect" && try(aws_lb_listener.clear.default_action[0].redirect[0].protocol, "") == "HTTPS"
    error_message = "Whoever asks in clear is only sent to TLS."
  }
  assert {
    condition     = aws_lb_target_group.this.protocol == "HTTPS"
    error_message = "From the balancer to the service, too, it is TLS."
  }
  assert {
    condition = alltrue([for block in [aws_s3_bucket_public_access_block.first, aws_s3_bucket_public_access_block.second, aws_s3_bucket_public_access_block.control] :
    block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "No bucket can be made public."
  }
  assert {
    condition     = aws_s3_bucket.first.object_lock_enabled && aws_s3_bucket.second.object_lock_enabled
    error_message = "Backups can be locked."
  }
  assert {
    condition     = alltrue([for bucket in [aws_s3_bucket_lifecycle_configuration.first, aws_s3_bucket_lifecycle_configuration.second] : bucket.rule[0].noncurrent_version_expiration[0].noncurrent_days == local.app.soft_delete.noncurrent_days && one(bucket.rule[0].abort_incomplete_multipart_upload).days_after_initiation == 1])
    error_message = "What was deleted is gone in time for the arithmetic of erasure, and so is what never arrived."
  }
  assert {
    condition     = alltrue([for rule in aws_s3_bucket_replication_configuration.first.rule : !startswith(local.app.objects.vault_copies, rule.filter[0].prefix) && rule.delete_marker_replication[0].status == "Disabled"])
    error_message = "Neither copies of the key vault nor deletions are replicated."
  }
  assert {
    condition     = length([for what in concat(local.roles.serve, local.roles.operate) : what if what == "hide"]) == 0
    error_message = "Only pruning deletes what was shipped."
  }
  assert {
    condition     = length([for what in local.roles.prune : what if contains(["create", "word", "passwords", "make", "try", "encrypt"], what)]) == 0
    error_message = "Pruning makes nothing."
  }
  assert {
    condition     = alltrue([for may in values(local.may) : alltrue([for action in may.actions : !strcontains(action, "*")])])
    error_message = "Every action is named."
  }
  assert {
    condition     = local.variables["PANORAMA_BACKUPS__PRUNE"] == "false" && local.variables["PANORAMA_SERVER__PORT"] == "8080"
    error_message = "Settings come from app.json."
  }
  assert {
    condition     = alltrue([for name in ["backup-lag", "drill-age", "drill-failed", "key-age-key-beyond-limit", "not-writable"] : contains(keys(aws_cloudwatch_metric_alarm.service), name)])
    error_message = "Somebody is told of backups, keys, drills and the fence."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.service["backup-lag"].threshold == 60 && aws_cloudwatch_metric_alarm.service["backup-lag"].treat_missing_data == "breaching"
    error_message = "A lag that nobody can tell is as bad as a long one."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.certificate.threshold == local.app.certificate_days
    error_message = "Somebody is told of a certificate that is not renewed."
  }
}
