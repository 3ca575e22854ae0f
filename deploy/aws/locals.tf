# What this cloud alone says of the site and the service of site.tf, and of what outputs.tf puts out.

locals {
  place   = "aws"
  tags    = { application = var.name }
  account = data.aws_caller_identity.current.account_id

  secret_prefix = "${var.name}/"
  secret_store  = "aws-secrets:${local.secret_prefix}?region=${local.first}"
  control_store = "s3://${aws_s3_bucket.control.id}?region=${local.first}"
  own_key       = "aws-kms:${aws_kms_key.wrapping.arn}"
  own_blobs     = ["s3://${aws_s3_bucket.first.id}?region=${local.first}", "s3://${aws_s3_bucket.second.id}?region=${local.second}"]

  own_settings = {
    "server.certificate" = "${local.folder}/tls.crt"
    "server.key"         = "${local.folder}/tls.key"
    "server.proxies"     = join(",", [for subnet in aws_subnet.public : subnet.cidr_block])
  }
  own_variables = { AWS_REGION = local.first }

  address     = aws_lb.this.dns_name
  identities  = { for name, role in aws_iam_role.this : name => role.arn }
  own_callers = local.identities
  doors = merge(
    { provider = local.audience },
    { for door, role in local.visitor_roles : door => "arn:aws:iam::${local.account}:role/${role}" },
  )
}
