# What only this cloud has to be told, and what only it tells.

variable "project" {
  type        = string
  description = "The id of the project that everything is in; one of its own."
}

variable "networks" {
  type        = map(string)
  default     = { first = "10.50.0.0/20", second = "10.50.16.0/20" }
  description = "The addresses of the private network in either region."

  validation {
    condition     = toset(keys(var.networks)) == toset(["first", "second"])
    error_message = "One network for each of the two regions, `first` and `second`."
  }
}

variable "collector_image" {
  type        = string
  description = "The image of Google's Prometheus sidecar for Cloud Run, named by its digest."

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.collector_image))
    error_message = "Name the image by its digest: …@sha256:…"
  }
}

variable "size" {
  type        = object({ cpu = string, memory = string })
  default     = { cpu = "1", memory = "4Gi" }
  description = "What one instance has: a process keeps one core busy, and its trees take up to 800 MB."
}

variable "staff" {
  type        = object({ operators = string, auditors = string, until = string })
  default     = null
  description = "The groups that operate and that audit, by their addresses, and until when, as an RFC 3339 time; null: staff come in elsewhere."

  validation {
    condition     = var.staff == null || timecmp(try(var.staff.until, plantimestamp()), timeadd(plantimestamp(), "${local.app.staff_days * 24}h")) <= 0
    error_message = "Access is granted for a quarter at the most, and then anew."
  }
}

output "certificate_record" {
  value       = one(google_certificate_manager_dns_authorization.this.dns_resource_record)
  description = "The DNS record that proves `domain` to be ours: put there, it brings the certificate before the name leads here."
}
