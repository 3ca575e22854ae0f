# What is refused before anything is built.

mock_provider "mongodbatlas" {}

variables {
  organization = "000000000000000000000000"
  entrances    = ["192.0.2.1/32"]
}

run "a_cloud_with_a_majority" {
  command = plan
  variables {
    nodes = [{ provider = "AWS", region = "US_EAST_1", count = 3 }, { provider = "GCP", region = "CENTRAL_US", count = 2 }]
  }
  expect_failures = [var.nodes]
}

run "an_even_number" {
  command = plan
  variables {
    nodes = [{ provider = "AWS", region = "US_EAST_1", count = 2 }, { provider = "GCP", region = "CENTRAL_US", count = 2 }]
  }
  expect_failures = [var.nodes]
}

run "one_cloud" {
  command = plan
  variables {
    nodes = [{ provider = "AWS", region = "US_EAST_1", count = 3 }]
  }
  expect_failures = [var.nodes]
}

run "the_whole_world" {
  command = plan
  variables {
    entrances = ["0.0.0.0/0"]
  }
  expect_failures = [var.entrances]
}

run "accounts_that_atlas_cannot_know" {
  command = plan
  variables {
    google_accounts = ["100000000000000000001"]
  }
  expect_failures = [var.google_accounts]
}
