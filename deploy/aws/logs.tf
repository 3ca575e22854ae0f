resource "aws_cloudwatch_log_group" "service" {
  name              = "/${var.name}/service"
  retention_in_days = local.app.log_days
  kms_key_id        = aws_kms_key.rest.arn
}

resource "aws_cloudwatch_log_group" "metrics" {
  name              = "/${var.name}/metrics"
  retention_in_days = local.app.log_days
  kms_key_id        = aws_kms_key.rest.arn
}

resource "aws_cloudwatch_log_group" "network" {
  name              = "/${var.name}/network"
  retention_in_days = local.app.log_days
  kms_key_id        = aws_kms_key.rest.arn
}

# The firewall writes only to groups whose names begin so.
resource "aws_cloudwatch_log_group" "firewall" {
  name              = "aws-waf-logs-${var.name}"
  retention_in_days = local.app.log_days
  kms_key_id        = aws_kms_key.rest.arn
}
