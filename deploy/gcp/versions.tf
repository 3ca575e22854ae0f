# For Terraform and OpenTofu alike. State holds addresses and no secret; still it is kept apart from what it describes:
# `init -backend-config=…` says in which bucket, and under which key it is encrypted.
terraform {
  required_version = ">= 1.10"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 8.7, < 9"
    }
  }

  backend "gcs" {}
}

provider "google" {
  project        = var.project
  region         = local.first
  default_labels = { application = var.name }
}

data "google_project" "this" {
  project_id = var.project
}

# What this root calls. None is switched off again by taking the root away: others may use it.
resource "google_project_service" "this" {
  for_each = toset([
    "certificatemanager", "cloudkms", "cloudscheduler", "compute", "iam", "iamcredentials", "logging", "monitoring", "run",
    "secretmanager", "storage", "sts",
  ])
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}
