# The service tells how it is at /metrics; the collector beside each task takes from there what an alarm looks at.

locals {
  namespace = var.name

  # Alerts that look at series with certain labels have a dimension for each of them.
  plain    = { for name, alert in local.app.alerts : name => alert if !contains(keys(alert), "labels") }
  labelled = merge([for name, alert in local.app.alerts : { for code in alert.labels.code : "${name}-${code}" => merge(alert, { code = code }) } if contains(keys(alert), "labels")]...)

  collection = {
    receivers = {
      prometheus = {
        config = {
          global = { scrape_interval = "60s", scrape_timeout = "10s" }
          scrape_configs = [{
            job_name     = var.name
            scheme       = "https"
            metrics_path = local.app.paths.metrics
            # The certificate is the task's own, on its own loopback address.
            tls_config     = { insecure_skip_verify = true }
            static_configs = [{ targets = ["127.0.0.1:${local.port}"], labels = { site = local.place } }]
          }]
        }
      }
    }
    exporters = {
      awsemf = {
        namespace               = local.namespace
        region                  = local.first
        log_group_name          = aws_cloudwatch_log_group.metrics.name
        log_stream_name         = "{TaskId}"
        dimension_rollup_option = "NoDimensionRollup"
        metric_declarations = [
          {
            dimensions            = [["site"]]
            metric_name_selectors = distinct([for alert in values(local.plain) : "^${alert.metric}$"])
          },
          {
            dimensions            = [["site", "code"]]
            metric_name_selectors = distinct([for alert in values(local.labelled) : "^${alert.metric}$"])
          },
        ]
      }
    }
    service = {
      pipelines = { metrics = { receivers = ["prometheus"], exporters = ["awsemf"] } }
    }
  }

  alarms = {
    for name, alert in merge(local.plain, local.labelled) : name => {
      metric     = alert.metric
      dimensions = merge({ site = local.place }, try({ code = alert.code }, {}))
      threshold  = try(alert.above, alert.below)
      operator   = contains(keys(alert), "above") ? "GreaterThanThreshold" : "LessThanThreshold"
      # Of several instances, the worst.
      statistic = contains(keys(alert), "above") ? "Maximum" : "Minimum"
      period    = alert.minutes > 10 ? 600 : 60
      periods   = alert.minutes > 10 ? alert.minutes / 10 : alert.minutes
      missing   = alert.silence ? "breaching" : "notBreaching"
    }
  }
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.rest.arn
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "service" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.metric}: see docs/backups.md and docs/command-line.md"
  namespace           = local.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "certificate" {
  alarm_name          = "${var.name}-certificate"
  alarm_description   = "The certificate has not been renewed: see that its record is in the zone"
  namespace           = "AWS/CertificateManager"
  metric_name         = "DaysToExpiry"
  dimensions          = { CertificateArn = aws_acm_certificate.this.arn }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = local.app.certificate_days
  period              = 86400
  evaluation_periods  = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  alarm_name          = "${var.name}-unhealthy"
  alarm_description   = "Fewer instances than a zone each are healthy"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  dimensions          = { LoadBalancer = aws_lb.this.arn_suffix, TargetGroup = aws_lb_target_group.this.arn_suffix }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = var.minimum_instances
  period              = 60
  evaluation_periods  = 5
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "failures" {
  alarm_name          = "${var.name}-failures"
  alarm_description   = "The service fails"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_Target_5XX_Count"
  dimensions          = { LoadBalancer = aws_lb.this.arn_suffix }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 10
  period              = 60
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "replication" {
  for_each            = toset(local.app.objects.segments_and_snapshots)
  alarm_name          = "${var.name}-replication-${trimsuffix(each.key, "/")}"
  alarm_description   = "The second net hangs behind: S3 replicates late"
  namespace           = "AWS/S3"
  metric_name         = "ReplicationLatency"
  dimensions          = { SourceBucket = aws_s3_bucket.first.id, DestinationBucket = aws_s3_bucket.second.id, RuleId = trimsuffix(each.key, "/") }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 900
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}
