# For Terraform and OpenTofu alike. Whoever applies it is a service account of Atlas, by the variables of the provider; there
# is no password of a database in it, because whoever logs in is somebody at a cloud. State lies where the operator says.
terraform {
  required_version = ">= 1.10"

  required_providers {
    mongodbatlas = {
      source  = "mongodb/mongodbatlas"
      version = ">= 1.41, < 2"
    }
  }

  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "mongodbatlas" {}
