# What is refused before anything is built.

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

run "one_region" {
  command = plan
  variables {
    networks = { first = "10.50.0.0/20" }
  }
  expect_failures = [var.networks]
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
      key_manager   = "aws-kms:arn:aws:kms:us-east-1:000000000000:key/mrk-00000000000000000000000000000000"
      blobs         = []
      control_store = "s3://example-control?region=us-east-1"
      callers       = { serve = "arn:aws:iam::000000000000:role/panorama-serve", prune = "arn:aws:iam::000000000000:role/panorama-prune" }
      doors         = { provider = "provider", ship = "ship", prune = "prune" }
    }
  }
  expect_failures = [var.witness_control_store]
}

run "access_for_longer_than_a_quarter" {
  command = plan
  variables {
    staff = { operators = "operators@example.com", auditors = "auditors@example.com", until = "2999-01-01T00:00:00Z" }
  }
  expect_failures = [var.staff]
}
