# The one name of the app, and where it leads: to the first site while it lives, else to the second. Applied apart, so
# that it can be changed while a cloud is out. A second site that may not write yet answers reads: docs/aws.md.

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
  region = local.app.regions.aws.first
}

variable "domain" {
  type        = string
  description = "The host name that the app is installed under."
}

variable "hosted_zone" {
  type        = string
  description = "The id of the Route 53 zone that the name is in."
}

variable "sites" {
  type        = list(object({ name = string, address = string }))
  description = "The `address` of each root, the one that serves first; one or two."

  validation {
    condition     = contains([1, 2], length(var.sites)) && length(distinct(var.sites[*].name)) == length(var.sites)
    error_message = "One site, or two with different names."
  }
}

locals {
  app   = jsondecode(file("${path.module}/../../common/app.json"))
  sites = { for number, site in var.sites : site.name => merge(site, { role = number == 0 ? "PRIMARY" : "SECONDARY", is_balancer = !can(cidrnetmask("${site.address}/32")) }) }
}

data "aws_lb_hosted_zone_id" "this" {}

# Asked over TLS for the name itself, at the address of the site.
resource "aws_route53_health_check" "this" {
  for_each          = local.sites
  reference_name    = "${each.key}-lives"
  type              = "HTTPS"
  fqdn              = each.value.is_balancer ? each.value.address : var.domain
  ip_address        = each.value.is_balancer ? null : each.value.address
  port              = 443
  resource_path     = local.app.paths.health
  enable_sni        = true
  request_interval  = 10
  failure_threshold = 3
}

resource "aws_route53_record" "this" {
  #checkov:skip=CKV2_AWS_23:What it leads to is made by another root, whose address is given.
  for_each        = local.sites
  zone_id         = var.hosted_zone
  name            = var.domain
  type            = "A"
  set_identifier  = each.key
  health_check_id = aws_route53_health_check.this[each.key].id
  ttl             = each.value.is_balancer ? null : 30
  records         = each.value.is_balancer ? null : [each.value.address]

  failover_routing_policy {
    type = each.value.role
  }

  dynamic "alias" {
    for_each = each.value.is_balancer ? [each.value.address] : []
    content {
      name                   = alias.value
      zone_id                = data.aws_lb_hosted_zone_id.this.id
      evaluate_target_health = true
    }
  }
}
