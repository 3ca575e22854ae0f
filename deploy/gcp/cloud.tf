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

variable "size" {
  type        = object({ cpu = string, memory = string })
  default     = { cpu = "1", memory = "4Gi" }
  description = "What one instance has: a process keeps one core busy, and its trees take up to 800 MB."
}

output "certificate_record" {
  value       = one(google_certificate_manager_dns_authorization.this.dns_resource_record)
  description = "The DNS record that proves `domain` to be ours: put there, it brings the certificate before the name leads here."
}
