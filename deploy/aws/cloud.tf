# What only this cloud has to be told.

variable "zones" {
  type        = list(string)
  default     = ["us-east-1a", "us-east-1b"]
  description = "The availability zones that the service is in."

  validation {
    condition     = length(distinct(var.zones)) >= 2 && alltrue([for zone in var.zones : startswith(zone, local.first)])
    error_message = "At least two different zones of the first region: the loss of one is survived."
  }
}

variable "network" {
  type        = string
  default     = "10.40.0.0/16"
  description = "The addresses of the private network."
}

variable "hosted_zone" {
  type        = string
  description = "The id of the Route 53 zone in which the certificate is validated."
}

variable "size" {
  type        = object({ cpu = number, memory = number })
  default     = { cpu = 1024, memory = 4096 }
  description = "What one task has: a process keeps one core busy, and its trees take up to 800 MB."
}
