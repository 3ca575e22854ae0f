# TLS 1.2 and newer from outside, and TLS once more to the tasks. Access logs stay off: Jira's tokens are in the address
# that a frame is opened with, and no token is written down.

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:Access logs hold whole addresses, and Jira puts tokens into those; the service logs requests without them.
  #checkov:skip=CKV2_AWS_76:The list of anonymous addresses would lock out people who work through a VPN; the rules against Log4j are in force.
  name                       = var.name
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.balancer.id]
  subnets                    = aws_subnet.public[*].id
  drop_invalid_header_fields = true
  enable_deletion_protection = true
  # Longer than the longest silence on a stream of events.
  idle_timeout = 60
}

resource "aws_lb_target_group" "this" {
  name                 = var.name
  port                 = local.port
  protocol             = "HTTPS"
  target_type          = "ip"
  vpc_id               = aws_vpc.this.id
  deregistration_delay = local.app.image.stop_seconds

  health_check {
    protocol            = "HTTPS"
    path                = local.app.paths.health
    matcher             = "200"
    interval            = 15
    timeout             = 6
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "tls" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate_validation.this.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

# Metrics are for the collector beside the service.
resource "aws_lb_listener_rule" "metrics" {
  listener_arn = aws_lb_listener.tls.arn
  priority     = 1

  condition {
    path_pattern {
      values = [local.app.paths.metrics]
    }
  }
  action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener" "clear" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"
    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_acm_certificate" "this" {
  domain_name       = var.domain
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "certificate" {
  zone_id = var.hosted_zone
  name    = tolist(aws_acm_certificate.this.domain_validation_options)[0].resource_record_name
  type    = tolist(aws_acm_certificate.this.domain_validation_options)[0].resource_record_type
  records = [tolist(aws_acm_certificate.this.domain_validation_options)[0].resource_record_value]
  ttl     = 300
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [aws_route53_record.certificate.fqdn]
}
