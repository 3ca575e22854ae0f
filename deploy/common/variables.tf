# What both roots take: each has a link to this file. README.md has them in a table.

variable "name" {
  type        = string
  default     = "panorama"
  description = "What everything that is made is called by, in small letters, digits and hyphens."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "Begin with a small letter; up to 19 small letters, digits and hyphens may follow."
  }
}

variable "image" {
  type        = string
  description = "The container image, named by its digest."

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest, so that what runs is what was tested: …@sha256:…"
  }
}

variable "domain" {
  type        = string
  description = "The host name that the app is installed under."
}

variable "database_secret" {
  type        = string
  default     = null
  description = "The secret that holds the address of the storage; by default as `app.json` calls it."
}

variable "vault_secret" {
  type        = string
  default     = null
  description = "The secret that holds the address of the key vault; likewise."
}

variable "recovery_key_secret" {
  type        = string
  default     = null
  description = "The secret that holds the public half of the offline recovery key; null: there is none."
}

variable "forge_app" {
  type        = string
  default     = null
  description = "The app's ARI, the audience of Forge Invocation Tokens; null: no such token is accepted."
}

variable "peer" {
  type = object({
    key_manager   = string
    blobs         = list(string)
    control_store = string
    callers       = map(string)
    doors         = map(string)
  })
  default     = null
  description = "What the other cloud's root puts out as `peer`; null until it has been applied: this site then stands alone."
}

variable "witness_control_store" {
  type        = string
  default     = null
  description = "The address of the control store that is in neither cloud; null only where there is no `peer`."

  validation {
    condition     = (var.witness_control_store == null) == (var.peer == null)
    error_message = "Two clouds need a witness in neither of them, or the loss of one is the loss of both; one cloud needs none."
  }
}

variable "minimum_instances" {
  type        = number
  default     = 2
  description = "How many instances serve at least."

  validation {
    condition     = var.minimum_instances >= 2
    error_message = "At least two, one for each zone."
  }
}

variable "maximum_instances" {
  type        = number
  default     = 8
  description = "How many instances serve at most."

  validation {
    condition     = var.maximum_instances >= var.minimum_instances
    error_message = "At least as many as `minimum_instances`."
  }
}

variable "alarm_email" {
  type        = string
  description = "Who is told of alarms."
}

variable "allowed_regions" {
  type        = list(string)
  default     = null
  description = "Where data and keys may be, as the service's `regions`; null: as `app.json` says."
}

variable "collector_image" {
  type        = string
  description = "The image of the collector of metrics, named by its digest: the AWS Distro for OpenTelemetry, or Google's Prometheus sidecar for Cloud Run."

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.collector_image))
    error_message = "Name the image by its digest: …@sha256:…"
  }
}

variable "staff" {
  type        = object({ operators = string, auditors = string, until = string })
  default     = null
  description = "The groups that operate and that audit, by their ids in IAM Identity Center or their addresses in Cloud Identity, and until when, as an RFC 3339 time; null: staff come in elsewhere."

  validation {
    condition     = var.staff == null || timecmp(try(var.staff.until, plantimestamp()), timeadd(plantimestamp(), "${local.app.staff_days * 24}h")) <= 0
    error_message = "Access is granted for a quarter at the most, and then anew."
  }
}
