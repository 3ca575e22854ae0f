# What is refused before it reaches the service. Bodies are what users write, and frames are opened with long tokens: rules
# that would take those for an attack are only counted.

locals {
  refused = {
    "scannerdetection-v33-stable" = { priority = 1010, counted = false }
    "sessionfixation-v33-stable"  = { priority = 1020, counted = false }
    "sqli-v33-stable"             = { priority = 1100, counted = true }
    "xss-v33-stable"              = { priority = 1110, counted = true }
    "lfi-v33-stable"              = { priority = 1120, counted = true }
    "rce-v33-stable"              = { priority = 1130, counted = true }
    "protocolattack-v33-stable"   = { priority = 1140, counted = true }
  }
}

resource "google_compute_security_policy" "this" {
  name = var.name
  type = "CLOUD_ARMOR"

  # Metrics are for the collector beside the service.
  rule {
    action      = "deny(404)"
    priority    = 100
    description = "Metrics"
    match {
      expr {
        expression = "request.path.lower().startsWith('${local.app.paths.metrics}')"
      }
    }
  }

  # Log4j and its like.
  rule {
    action      = "deny(403)"
    priority    = 1000
    description = "Known holes"
    match {
      expr {
        expression = "evaluatePreconfiguredExpr('cve-canary')"
      }
    }
  }

  dynamic "rule" {
    for_each = local.refused
    content {
      action      = "deny(403)"
      priority    = rule.value.priority
      preview     = rule.value.counted
      description = rule.key
      match {
        expr {
          expression = "evaluatePreconfiguredWaf('${rule.key}', {'sensitivity': 1})"
        }
      }
    }
  }

  # A company is one address to the outside; the service itself limits each tenant.
  rule {
    action      = "throttle"
    priority    = 2000
    description = "Rate"
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = 12000
        interval_sec = 60
      }
    }
  }

  rule {
    action      = "allow"
    priority    = 2147483647
    description = "Everybody else"
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  depends_on = [google_project_service.this]
}
