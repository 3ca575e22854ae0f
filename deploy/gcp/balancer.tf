# One address for both regions, with TLS 1.2 and newer. Its log stays off: Jira's tokens are in the address that a frame is
# opened with, and no token is written down.

resource "google_compute_global_address" "this" {
  name = var.name

  depends_on = [google_project_service.this]
}

resource "google_compute_region_network_endpoint_group" "this" {
  for_each              = local.places
  name                  = var.name
  region                = each.value
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.this[each.key].name
  }
}

resource "google_compute_backend_service" "this" {
  name                  = var.name
  protocol              = "HTTPS"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  security_policy       = google_compute_security_policy.this.id

  dynamic "backend" {
    for_each = google_compute_region_network_endpoint_group.this
    content {
      group = backend.value.id
    }
  }
  log_config {
    enable = false
  }
  # A region that fails is left out: such backends have no health checks.
  outlier_detection {
    consecutive_errors                    = 5
    enforcing_consecutive_errors          = 100
    consecutive_gateway_failure           = 5
    enforcing_consecutive_gateway_failure = 100
    max_ejection_percent                  = 50
    interval {
      seconds = 5
    }
    base_ejection_time {
      seconds = 30
    }
  }
}

resource "google_compute_url_map" "this" {
  name            = var.name
  default_service = google_compute_backend_service.this.id
}

resource "google_compute_ssl_policy" "this" {
  name            = var.name
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"

  depends_on = [google_project_service.this]
}

resource "google_compute_target_https_proxy" "this" {
  name            = var.name
  url_map         = google_compute_url_map.this.id
  ssl_policy      = google_compute_ssl_policy.this.id
  certificate_map = "//certificatemanager.googleapis.com/${google_certificate_manager_certificate_map.this.id}"
}

resource "google_compute_global_forwarding_rule" "tls" {
  name                  = "${var.name}-tls"
  target                = google_compute_target_https_proxy.this.id
  ip_address            = google_compute_global_address.this.id
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

resource "google_compute_url_map" "clear" {
  name = "${var.name}-clear"

  default_url_redirect {
    https_redirect         = true
    strip_query            = false
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
  }
}

resource "google_compute_target_http_proxy" "clear" {
  name    = "${var.name}-clear"
  url_map = google_compute_url_map.clear.id
}

resource "google_compute_global_forwarding_rule" "clear" {
  name                  = "${var.name}-clear"
  target                = google_compute_target_http_proxy.clear.id
  ip_address            = google_compute_global_address.this.id
  port_range            = "80"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

# The certificate is proven by a record in the DNS, not by where the name leads: it is there before the name comes here.
resource "google_certificate_manager_dns_authorization" "this" {
  name   = var.name
  domain = var.domain

  depends_on = [google_project_service.this]
}

resource "google_certificate_manager_certificate" "this" {
  name = var.name

  managed {
    domains            = [var.domain]
    dns_authorizations = [google_certificate_manager_dns_authorization.this.id]
  }
}

resource "google_certificate_manager_certificate_map" "this" {
  name = var.name

  depends_on = [google_project_service.this]
}

# Whatever name is asked for: who checks the address itself names none.
resource "google_certificate_manager_certificate_map_entry" "this" {
  name         = var.name
  map          = google_certificate_manager_certificate_map.this.name
  certificates = [google_certificate_manager_certificate.this.id]
  matcher      = "PRIMARY"
}
