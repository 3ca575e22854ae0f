# What a provider that builds nothing says of what it has built, so that what refers to it has the right form.

mock_data "google_project" {
  defaults = { number = "100000000001" }
}
mock_data "google_storage_project_service_account" {
  defaults = { email_address = "storage@example.iam.gserviceaccount.com" }
}
mock_data "google_logging_project_cmek_settings" {
  defaults = { service_account_id = "logging@example.iam.gserviceaccount.com" }
}
mock_resource "google_kms_crypto_key" {
  defaults = { id = "projects/example/locations/us/keyRings/panorama/cryptoKeys/wrapping" }
}
mock_resource "google_certificate_manager_dns_authorization" {
  defaults = { dns_resource_record = [{ name = "_acme-challenge.panorama.example.com.", type = "CNAME", data = "mock.authorize.certificatemanager.goog." }] }
}
