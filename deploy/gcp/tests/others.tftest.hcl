# What is only known of what has been built, and what must hold where another cloud is known and where staff come in.

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

run "built" {
  assert {
    condition     = length(output.site.keys) == 1 && length(output.site.blobs) == 2 && output.site.secrets == "gcp-secrets:projects/example/panorama-?region=us-central1"
    error_message = "One key, two stores, and the secrets of the project."
  }
  assert {
    condition     = toset(keys(output.identities)) == toset(["serve", "ship", "prune", "operate"]) && output.identities.ship == "panorama-ship-aws@example.iam.gserviceaccount.com"
    error_message = "Who is who is told before the other cloud is there."
  }
  assert {
    condition     = output.peer.doors.provider == "projects/100000000001/locations/global/workloadIdentityPools/panorama-peers/providers/aws"
    error_message = "So is the door."
  }
  assert {
    condition     = output.certificate_record.type == "CNAME"
    error_message = "The record that brings the certificate is told."
  }
}

run "with_a_peer" {
  variables {
    witness_control_store = "s3://witness?region=us&endpoint=https://s3.example.com"
    peer = {
      key_manager   = "aws-kms:arn:aws:kms:us-east-1:000000000000:key/mrk-00000000000000000000000000000000"
      blobs         = ["s3://example-first?region=us-east-1", "s3://example-second?region=us-west-2"]
      control_store = "s3://example-control?region=us-east-1"
      callers       = { serve = "arn:aws:iam::000000000000:role/panorama-serve", prune = "arn:aws:iam::000000000000:role/panorama-prune", operate = "arn:aws:iam::000000000000:role/panorama-operate" }
      doors         = { provider = "panorama-aws", ship = "arn:aws:iam::000000000000:role/panorama-ship-from-google", prune = "arn:aws:iam::000000000000:role/panorama-prune-from-google" }
    }
  }
  assert {
    condition     = length(output.site.keys) == 2 && length(output.site.blobs) == 4 && length(split(",", local.variables["PANORAMA_CONTROL__STORES"])) == 3
    error_message = "Keys and backups of both clouds, and three control stores."
  }
  assert {
    condition     = google_iam_workload_identity_pool_provider.aws[0].aws[0].account_id == "000000000000" && google_iam_workload_identity_pool_provider.aws[0].attribute_condition == "attribute.aws_role in [\"panorama-prune\",\"panorama-serve\"]"
    error_message = "Only the workloads that are named come in."
  }
  assert {
    condition     = alltrue([for door, role in { ship = "panorama-serve", prune = "panorama-prune" } : endswith(google_service_account_iam_member.visitor[door].member, "/attribute.aws_role/${role}")])
    error_message = "Each by its own door."
  }
  assert {
    condition     = !contains(local.visitors.ship.may, "hide") && !contains(local.visitors.ship.may, "secrets") && !contains(local.visitors.prune.may, "create")
    error_message = "The other cloud ships and prunes under two identities, and sees no secret."
  }
  assert {
    condition     = tomap(local.federation.ship) == tomap({ AWS_ROLE_ARN = "arn:aws:iam::000000000000:role/panorama-ship-from-google", AWS_WEB_IDENTITY_AUDIENCE = "panorama-aws", AWS_DEFAULT_REGION = "us-east-1" })
    error_message = "No static key: a role, and for whom the token is made out."
  }
}

run "with_staff" {
  variables {
    staff = { operators = "operators@example.com", auditors = "auditors@example.com", until = "2020-01-01T00:00:00Z" }
  }
  assert {
    condition     = alltrue([for grant in concat(values(google_project_iam_member.looking), values(google_project_iam_member.operators)) : strcontains(grant.condition[0].expression, "request.time < timestamp('2020-01-01T00:00:00Z')")])
    error_message = "Staff are in until a date, and not after it."
  }
  assert {
    condition     = toset(values(google_project_iam_member.operators)[*].member) == toset(["group:operators@example.com"])
    error_message = "Auditors only look."
  }
}
