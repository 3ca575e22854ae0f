# For Terraform and OpenTofu alike. State holds addresses and no secret; still it is kept encrypted, apart from what it
# describes: `init -backend-config=…` says in which bucket.
terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6"
    }
  }

  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = local.first
  default_tags {
    tags = local.tags
  }
}

provider "aws" {
  alias  = "second"
  region = local.second
  default_tags {
    tags = local.tags
  }
}

data "aws_caller_identity" "current" {}
