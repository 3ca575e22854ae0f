# What is only known of what has been built, and what must hold where another cloud is known and where staff come in.

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

run "built" {
  assert {
    condition     = [for name, may in local.may : name if contains(may.resources, "*")] == ["list"]
    error_message = "Only listing the names of secrets, which AWS grants for all or none, is granted for all."
  }
  assert {
    condition     = !coalesce(aws_s3_bucket.control.object_lock_enabled, false)
    error_message = "The control store keeps nothing that was replaced."
  }
  assert {
    condition     = output.site.soft_delete_days == local.app.soft_delete.days
    error_message = "The service counts with what the buckets keep."
  }
  assert {
    condition     = alltrue([for bucket in ["first", "second"] : length([for statement in data.aws_iam_policy_document.backups[bucket].statement : statement if statement.sid == "OnlyOverTls" && statement.effect == "Deny"]) == 1])
    error_message = "Buckets are reached over TLS alone."
  }
  assert {
    condition     = alltrue([for bucket in ["first", "second"] : length([for statement in data.aws_iam_policy_document.backups[bucket].statement : statement if contains(statement.actions, "s3:DeleteObjectVersion") && statement.effect == "Deny"]) == 1])
    error_message = "Nobody deletes a version by hand."
  }
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.this : alltrue([for container in jsondecode(task.container_definitions) : container.readonlyRootFilesystem])])
    error_message = "The root of every container is only read."
  }
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.this : alltrue([for container in jsondecode(task.container_definitions) : container.user == "10001" && container.linuxParameters.capabilities.drop == ["ALL"] if container.name == "panorama"])])
    error_message = "The service is nobody in particular, without capabilities."
  }
  assert {
    condition     = aws_ecs_task_definition.this["prune"].task_role_arn == aws_iam_role.this["prune"].arn && toset(keys(aws_scheduler_schedule.this)) == toset(["maintain", "prune"])
    error_message = "Maintenance and pruning are scheduled, pruning as somebody else than serving."
  }
}

run "with_a_peer" {
  variables {
    witness_control_store = "s3://witness?region=us&endpoint=https://s3.example.com"
    peer = {
      key_manager   = "gcp-kms:projects/example/locations/us/keyRings/panorama/cryptoKeys/panorama"
      blobs         = ["gs://example-backups?region=us-central1"]
      control_store = "gs://example-control?region=us-central1"
      callers       = { serve = "100000000000000000001", prune = "100000000000000000002", operate = "100000000000000000003" }
      doors         = { provider = "projects/1/locations/global/workloadIdentityPools/panorama/providers/aws", ship = "ship@example.iam.gserviceaccount.com", prune = "prune@example.iam.gserviceaccount.com" }
    }
  }
  assert {
    condition     = length(output.site.keys) == 2 && length(output.site.blobs) == 3 && length(split(",", local.variables["PANORAMA_CONTROL__STORES"])) == 3
    error_message = "Keys and backups of both clouds, and three control stores."
  }
  assert {
    condition     = { for name, document in data.aws_iam_policy_document.from_google : name => one(document.statement[0].condition[*].variable == null ? [] : [for condition in document.statement[0].condition : condition.values[0] if condition.variable == "accounts.google.com:sub"]) } == { ship = "100000000000000000001", prune = "100000000000000000002" }
    error_message = "Only the workloads that are named come in."
  }
  assert {
    condition     = !contains(local.visitors.ship.may, "hide") && !contains(local.visitors.ship.may, "secrets") && !contains(local.visitors.prune.may, "create")
    error_message = "The other cloud ships and prunes under two identities, and sees no secret."
  }
  assert {
    condition     = !strcontains(jsonencode(local.federation), "private_key") && jsondecode(local.federation.ship).type == "external_account"
    error_message = "No static key."
  }
}

run "with_staff" {
  variables {
    staff = { operators = "00000000-0000-0000-0000-000000000001", auditors = "00000000-0000-0000-0000-000000000002", until = "2020-01-01T00:00:00Z" }
  }
  assert {
    condition     = alltrue([for set in aws_ssoadmin_permission_set.this : set.session_duration == "PT1H"]) && length(aws_ssoadmin_account_assignment.this) == 2
    error_message = "Staff are in groups, for an hour at a time."
  }
}
