variable "name" {
  type        = string
  default     = "panorama"
  description = "What everything that is made is called by, in small letters, digits and hyphens."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}$", var.name))
    error_message = "Begin with a small letter; up to 14 small letters, digits and hyphens may follow."
  }
}

variable "organization" {
  type        = string
  description = "The id of the organization that pays, and that the project is made in."
}

variable "nodes" {
  type = list(object({ provider = string, region = string, count = number }))
  default = [
    { provider = "AWS", region = "US_EAST_1", count = 2 },
    { provider = "GCP", region = "CENTRAL_US", count = 2 },
    { provider = "AZURE", region = "US_EAST_2", count = 1 },
  ]
  description = "Where electable nodes are and how many, the cloud that is preferred first."

  validation {
    condition     = sum(var.nodes[*].count) % 2 == 1 && sum(var.nodes[*].count) <= 7
    error_message = "An odd number of electable nodes, seven at the most."
  }
  validation {
    condition     = alltrue([for cloud in distinct(var.nodes[*].provider) : sum([for node in var.nodes : node.count if node.provider == cloud]) * 2 < sum(var.nodes[*].count)])
    error_message = "No cloud has a majority, or its loss is the loss of the database: with two clouds one node is in a third."
  }
  validation {
    condition     = alltrue([for cloud in ["AWS", "GCP"] : sum(concat([0], [for node in var.nodes : node.count if node.provider == cloud])) >= 2])
    error_message = "Two nodes in either cloud that the service runs in, so that neither is without one when a node is replaced."
  }
}

variable "size" {
  type        = string
  default     = "M30"
  description = "What one node has, as Atlas calls it; the same for the storage and for the vault."
}

variable "entrances" {
  type        = list(string)
  description = "The addresses that the service comes from, as networks: those of the NAT gateways of both clouds."

  validation {
    condition     = length(var.entrances) > 0 && alltrue([for entrance in var.entrances : can(cidrnetmask(entrance)) && tonumber(split("/", entrance)[1]) >= 24])
    error_message = "Networks of 256 addresses at the most, such as 192.0.2.1/32: not the whole world."
  }
}

variable "aws_roles" {
  type        = list(string)
  default     = []
  description = "The ARNs of the roles that log in from AWS: `serve`, `prune` and `operate` of the output `identities` there."
}

variable "google_accounts" {
  type        = list(string)
  default     = []
  description = "The unique ids of the accounts that log in from Google Cloud: the `callers` of the output `peer` there."

  validation {
    condition     = length(var.google_accounts) == 0 || var.google_identities != null
    error_message = "Say with `google_identities` how Atlas knows them."
  }
}

variable "google_identities" {
  type        = object({ federation = string, audience = string })
  default     = null
  description = "The id of the organization's federation settings, and for whom tokens are made out; null: nobody comes from Google Cloud."
}
