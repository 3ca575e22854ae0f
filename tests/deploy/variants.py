"""What is deliberately wrong, and must be refused by one check at the least."""

from typing import Final, NamedTuple


class Variant(NamedTuple):
    """Something deliberately wrong: a text of a file, and what stands there instead."""

    root: str
    name: str
    file: str
    before: str
    after: str


_REDIRECT: Final = """type = "redirect"
    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }"""
_FORWARD: Final = """type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn"""

VARIANTS: Final = (
    Variant("aws", "keys renewed every 30 days", "../common/app.json", '"rotation_days": 90', '"rotation_days": 30'),
    Variant(
        "aws", "keys never renewed", "keys.tf", "enable_key_rotation     = true", "enable_key_rotation     = false"
    ),
    Variant(
        "aws",
        "a bucket that may be public",
        "backups.tf",
        "block_public_acls       = true",
        "block_public_acls = false",
    ),
    Variant("aws", "one zone", "cloud.tf", '["us-east-1a", "us-east-1b"]', '["us-east-1a"]'),
    Variant("aws", "a listener that serves http", "balancer.tf", _REDIRECT, _FORWARD),
    Variant("aws", "TLS 1.0", "balancer.tf", "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"),
    Variant("aws", "backups without locks", "backups.tf", "object_lock_enabled = true", "object_lock_enabled = false"),
    Variant("aws", "deleted objects kept for a month", "backups.tf", "local.app.soft_delete.noncurrent_days", "30"),
    Variant("aws", "serving that may delete", "identities.tf", 'serve   = ["look",', 'serve   = ["look", "hide",'),
    Variant("gcp", "keys renewed every 30 days", "../common/app.json", '"rotation_days": 90', '"rotation_days": 30'),
    Variant("gcp", "keys never renewed", "keys.tf", "rotation_period            = local.rotation_period", ""),
    Variant("gcp", "a bucket that may be public", "backups.tf", '"enforced"', '"inherited"'),
    Variant("gcp", "one region", "locals.tf", "second = local.second }", "}"),
    Variant(
        "gcp",
        "a listener that serves http",
        "balancer.tf",
        "google_compute_url_map.clear.id",
        "google_compute_url_map.this.id",
    ),
    Variant("gcp", "TLS 1.0", "balancer.tf", '"TLS_1_2"', '"TLS_1_0"'),
    Variant(
        "gcp",
        "backups without locks",
        "backups.tf",
        "enable_object_retention     = true",
        "enable_object_retention = false",
    ),
    Variant(
        "gcp",
        "deleted objects kept for a month",
        "backups.tf",
        "retention_duration_seconds = 0",
        "retention_duration_seconds = 2592000",
    ),
    Variant("gcp", "serving that may delete", "identities.tf", 'serve   = ["look",', 'serve   = ["look", "hide",'),
    Variant("gcp", "addresses of requests written down", "logs.tf", " AND NOT ${local.requests}", ""),
    Variant("gcp", "a misspelt argument", "control.tf", "public_access_prevention ", "public_access_prevented "),
    Variant("gcp", "a list instead of a number", "logs.tf", "local.app.log_days", "[local.app.log_days]"),
    Variant("gcp", "a bucket without a place", "control.tf", "location                    = upper(local.first)", ""),
    Variant("atlas", "a cloud with a majority", "variables.tf", '"US_EAST_1", count = 2', '"US_EAST_1", count = 4'),
    Variant(
        "atlas", "no third cloud", "variables.tf", '    { provider = "AZURE", region = "US_EAST_2", count = 1 },', ""
    ),
    Variant("atlas", "TLS 1.0", "clusters.tf", '"TLS1_2"', '"TLS1_0"'),
    Variant(
        "atlas",
        "copies of the vault at Atlas",
        "clusters.tf",
        "vault = { backed_up = false }",
        "vault = { backed_up = true }",
    ),
    Variant("atlas", "somebody who administers", "access.tf", '"readWrite"', '"dbAdmin"'),
    Variant("atlas", "a misspelt argument", "clusters.tf", "redact_client_log_data ", "redact_client_logs "),
)
