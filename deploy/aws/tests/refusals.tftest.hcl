# What is refused before anything is built.

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

run "one_zone" {
  command = plan
  variables {
    zones = ["us-east-1a"]
  }
  expect_failures = [var.zones]
}

run "the_same_zone_twice" {
  command = plan
  variables {
    zones = ["us-east-1a", "us-east-1a"]
  }
  expect_failures = [var.zones]
}

run "an_image_that_may_change" {
  command = plan
  variables {
    image = "registry.example/panorama:latest"
  }
  expect_failures = [var.image]
}

run "one_instance" {
  command = plan
  variables {
    minimum_instances = 1
  }
  expect_failures = [var.minimum_instances]
}

run "a_peer_without_a_witness" {
  command = plan
  variables {
    peer = {
      key_manager   = "gcp-kms:projects/example/locations/us/keyRings/panorama/cryptoKeys/panorama"
      blobs         = []
      control_store = "gs://example-control?region=us-central1"
      callers       = { serve = "1", prune = "2" }
      doors         = { provider = "provider", ship = "ship", prune = "prune" }
    }
  }
  expect_failures = [var.witness_control_store]
}

run "access_for_longer_than_a_quarter" {
  command = plan
  variables {
    staff = { operators = "00000000-0000-0000-0000-000000000001", auditors = "00000000-0000-0000-0000-000000000002", until = "2999-01-01T00:00:00Z" }
  }
  expect_failures = [var.staff]
}
