# Instances have no address of their own: they go out through one that is known beforehand in each region, which an
# operator lets in at the database. What may be reached from them is TLS and MongoDB, and nothing else.

resource "google_compute_network" "this" {
  name                    = var.name
  auto_create_subnetworks = false

  depends_on = [google_project_service.this]
}

resource "google_compute_subnetwork" "this" {
  for_each                 = local.places
  name                     = var.name
  region                   = each.value
  network                  = google_compute_network.this.id
  ip_cidr_range            = var.networks[each.key]
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

resource "google_compute_address" "out" {
  for_each = local.places
  name     = "${var.name}-out"
  region   = each.value
}

resource "google_compute_router" "this" {
  for_each = local.places
  name     = var.name
  region   = each.value
  network  = google_compute_network.this.id
}

resource "google_compute_router_nat" "this" {
  for_each                           = local.places
  name                               = var.name
  region                             = each.value
  router                             = google_compute_router.this[each.key].name
  nat_ip_allocate_option             = "MANUAL_ONLY"
  nat_ips                            = [google_compute_address.out[each.key].self_link]
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

resource "google_compute_firewall" "nothing_out" {
  name               = "${var.name}-nothing-out"
  network            = google_compute_network.this.id
  direction          = "EGRESS"
  priority           = 65534
  destination_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }
}

resource "google_compute_firewall" "out" {
  name               = "${var.name}-out"
  network            = google_compute_network.this.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = ["0.0.0.0/0"]

  allow {
    protocol = "tcp"
    ports    = ["443", "27015-27017"]
  }
}
