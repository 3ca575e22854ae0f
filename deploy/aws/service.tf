resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

# Everything a task is made of but who it is and what it does.
locals {
  logging = {
    logDriver = "awslogs"
    options = {
      awslogs-group         = aws_cloudwatch_log_group.service.name
      awslogs-region        = local.first
      awslogs-stream-prefix = "task"
    }
  }

  # Without any privilege, on a root that is only read.
  strict = {
    image                  = var.image
    readonlyRootFilesystem = true
    privileged             = false
    linuxParameters        = { initProcessEnabled = false, capabilities = { add = [], drop = ["ALL"] } }
    mountPoints            = [{ sourceVolume = "data", containerPath = local.folder, readOnly = false }]
    logConfiguration       = local.logging
  }

  # Its volume belongs to root until this has run; it holds the certificate for the way from the balancer.
  prepare = { for door, federation in local.federation : door => {
    name                   = "prepare"
    image                  = var.image
    essential              = false
    user                   = "0"
    readonlyRootFilesystem = true
    entryPoint             = ["python3.11", "-c"]
    command                = [file("${path.module}/prepare.py")]
    environment = [
      { name = "FOLDER", value = local.folder },
      { name = "OWNER", value = tostring(local.app.image.user) },
      { name = "FEDERATION", value = federation },
    ]
    mountPoints      = [{ sourceVolume = "data", containerPath = local.folder, readOnly = false }]
    logConfiguration = local.logging
  } }

  panorama = merge(local.strict, {
    name        = "panorama"
    essential   = true
    user        = tostring(local.app.image.user)
    dependsOn   = [{ containerName = "prepare", condition = "SUCCESS" }]
    stopTimeout = local.app.image.stop_seconds
    environment = [for variable, value in merge(local.variables, local.federation_variables) : { name = variable, value = value }]
  })

  serving = merge(local.panorama, {
    command      = ["serve"]
    portMappings = [{ containerPort = local.port, hostPort = local.port, protocol = "tcp" }]
    healthCheck = {
      command     = concat(["CMD"], local.app.image.program, local.app.image.health)
      interval    = 15
      timeout     = 6
      retries     = 3
      startPeriod = 30
    }
  })

  collector = {
    name                   = "collector"
    image                  = var.collector_image
    essential              = false
    readonlyRootFilesystem = true
    environment            = [{ name = "AOT_CONFIG_CONTENT", value = yamlencode(local.collection) }]
    logConfiguration       = local.logging
  }

  tasks = {
    serve    = { role = "serve", containers = [local.prepare["ship"], local.serving, local.collector] }
    maintain = { role = "serve", containers = [local.prepare["ship"], merge(local.panorama, { command = local.app.schedules.maintain.command })] }
    prune    = { role = "prune", containers = [local.prepare["prune"], merge(local.panorama, { command = local.app.schedules.prune.command })] }
    operate  = { role = "operate", containers = [local.prepare["prune"], merge(local.panorama, { command = ["preflight"] })] }
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each                 = local.tasks
  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.this[each.value.role].arn
  container_definitions    = jsonencode(each.value.containers)

  volume {
    name = "data"
  }
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }
}

resource "aws_ecs_service" "this" {
  name                               = var.name
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this["serve"].arn
  desired_count                      = var.minimum_instances
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  health_check_grace_period_seconds  = 60
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  enable_execute_command             = false
  availability_zone_rebalancing      = "ENABLED"
  depends_on                         = [aws_lb_listener.tls]

  network_configuration {
    subnets          = aws_subnet.private[*].id
    security_groups  = [aws_security_group.service.id]
    assign_public_ip = false
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = "panorama"
    container_port   = local.port
  }
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  lifecycle {
    ignore_changes = [desired_count]
  }
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this.name}"
  min_capacity       = var.minimum_instances
  max_capacity       = var.maximum_instances
}

resource "aws_appautoscaling_policy" "this" {
  name               = "${var.name}-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_in_cooldown  = 300
    scale_out_cooldown = 60
    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
