# main.tf: the service on AWS: a network balancer that keeps the addresses of clients, containers that come and go with the load, and a
# Redis that is kept for us. About what the service before this one ran on, less the functions and the gateway of its API: the
# containers answer HTTP themselves.
#
#   terraform init && terraform apply -var domain=example.org -var image=IMAGE
#
# Then MX and A of the domain name the balancer (output `balancer`). Port 25 towards the containers is open to the world; nothing is
# sent, so nobody has to be asked to unblock it. Not run by the tests, which reach no cloud: read it before you apply it.
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.0" }
  }
}

variable "domain" {
  type        = string
  description = "Mail for names of this domain is taken."
}

variable "image" {
  type        = string
  description = "Built by examples/container/Containerfile, in a registry that the containers reach."
}

variable "region" {
  type    = string
  default = "eu-central-1"
}

variable "most" {
  type        = number
  default     = 4
  description = "Containers at most. One takes a day of 250,000 messages easily; two are there so that one may go."
}

provider "aws" {
  region = var.region
}

data "aws_availability_zones" "here" {
  state = "available"
}

locals {
  zones = slice(data.aws_availability_zones.here.names, 0, 2)
  ports = { smtp = { outside = 25, inside = 2525 }, http = { outside = 80, inside = 8080 } }
}

# --- network: public subnets for balancer and containers, private ones for Redis ---

resource "aws_vpc" "maildrop" {
  cidr_block           = "10.25.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "maildrop" }
}

resource "aws_internet_gateway" "out" {
  vpc_id = aws_vpc.maildrop.id
}

resource "aws_subnet" "public" {
  count                   = length(local.zones)
  vpc_id                  = aws_vpc.maildrop.id
  availability_zone       = local.zones[count.index]
  cidr_block              = cidrsubnet(aws_vpc.maildrop.cidr_block, 8, count.index)
  map_public_ip_on_launch = true
}

resource "aws_subnet" "store" {
  count             = length(local.zones)
  vpc_id            = aws_vpc.maildrop.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(aws_vpc.maildrop.cidr_block, 8, 100 + count.index)
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.maildrop.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.out.id
  }
}

resource "aws_route_table_association" "public" {
  count          = length(aws_subnet.public)
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_security_group" "containers" {
  name_prefix = "maildrop-containers-"
  vpc_id      = aws_vpc.maildrop.id
  # Clients come with their own addresses, so the world is let in, at these ports alone.
  dynamic "ingress" {
    for_each = local.ports
    content {
      protocol    = "tcp"
      from_port   = ingress.value.inside
      to_port     = ingress.value.inside
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
  # The DNS, which is asked from the root on, and Redis.
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "store" {
  name_prefix = "maildrop-store-"
  vpc_id      = aws_vpc.maildrop.id
  ingress {
    protocol        = "tcp"
    from_port       = 6379
    to_port         = 6379
    security_groups = [aws_security_group.containers.id]
  }
}

# --- Redis: a master and a replica, in two zones ---

resource "aws_elasticache_subnet_group" "store" {
  name       = "maildrop"
  subnet_ids = aws_subnet.store[*].id
}

resource "aws_elasticache_parameter_group" "store" {
  name   = "maildrop"
  family = "redis7"
  # Any other policy throws acknowledged mail away; maildrop keeps to MAILDROP_STORE_MAX_SIZE, below, by itself.
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

resource "aws_elasticache_replication_group" "store" {
  replication_group_id       = "maildrop"
  description                = "Mail that expires"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.small" # 1.37 GiB, of which a quarter is reserved
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = aws_elasticache_parameter_group.store.name
  subnet_group_name          = aws_elasticache_subnet_group.store.name
  security_group_ids         = [aws_security_group.store.id]
  at_rest_encryption_enabled = true
}

# --- the balancer: of connections, not of requests; it changes no address ---

resource "aws_lb" "maildrop" {
  name                             = "maildrop"
  load_balancer_type               = "network"
  subnets                          = aws_subnet.public[*].id
  enable_cross_zone_load_balancing = true
}

resource "aws_lb_target_group" "maildrop" {
  for_each               = local.ports
  name                   = "maildrop-${each.key}"
  port                   = each.value.inside
  protocol               = "TCP"
  target_type            = "ip"
  vpc_id                 = aws_vpc.maildrop.id
  preserve_client_ip     = true
  deregistration_delay   = 30 # service.drain_timeout, and some
  connection_termination = false
  # Both ports belong to one container, and are well when it is. Not /readyz: a store that is away is no reason to replace containers
  # (as the service does with those that fail here), and mail is answered 451 meanwhile.
  health_check {
    protocol            = "HTTP"
    port                = local.ports.http.inside
    path                = "/livez"
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_listener" "maildrop" {
  for_each          = local.ports
  load_balancer_arn = aws_lb.maildrop.arn
  port              = each.value.outside
  protocol          = "TCP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.maildrop[each.key].arn
  }
}

# --- containers ---

resource "aws_cloudwatch_log_group" "maildrop" {
  name              = "/maildrop"
  retention_in_days = 7
}

resource "aws_iam_role" "execution" {
  name_prefix = "maildrop-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_ecs_cluster" "maildrop" {
  name = "maildrop"
}

resource "aws_ecs_task_definition" "maildrop" {
  family                   = "maildrop"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name                   = "maildrop"
    image                  = var.image
    essential              = true
    readonlyRootFilesystem = true
    stopTimeout            = 30
    portMappings           = [for port in local.ports : { containerPort = port.inside, protocol = "tcp" }]
    environment = [for name, value in {
      MAILDROP_MAIL_DOMAINS = var.domain
      MAILDROP_STORE_URL    = "redis://${aws_elasticache_replication_group.store.primary_endpoint_address}"
      # Four fifths of what Redis may take: so old mail makes room before Redis refuses all.
      MAILDROP_STORE_MAX_SIZE = "800MiB"
      # A master that fails takes nothing with it that was answered 250.
      MAILDROP_REDIS_WAIT_REPLICAS = "1"
      MAILDROP_LOG_FORMAT          = "json"
    } : { name = name, value = value }]
    # No healthCheck: the balancer asks /livez, and the image's own (`maildrop canary`) fails while the store is away.
    # /tmp and the state folder are not written where the store is Redis, but for the watchdog's socket.
    mountPoints = [{ sourceVolume = "tmp", containerPath = "/tmp" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.maildrop.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "maildrop"
        mode                  = "non-blocking" # a log that is slow never stops mail
      }
    }
  }])
  volume {
    name = "tmp"
  }
}

resource "aws_ecs_service" "maildrop" {
  name                               = "maildrop"
  cluster                            = aws_ecs_cluster.maildrop.id
  task_definition                    = aws_ecs_task_definition.maildrop.arn
  launch_type                        = "FARGATE"
  desired_count                      = 2
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 30
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets          = aws_subnet.public[*].id
    security_groups  = [aws_security_group.containers.id]
    assign_public_ip = true
  }
  dynamic "load_balancer" {
    for_each = local.ports
    content {
      target_group_arn = aws_lb_target_group.maildrop[load_balancer.key].arn
      container_name   = "maildrop"
      container_port   = load_balancer.value.inside
    }
  }
  lifecycle {
    ignore_changes = [desired_count] # it is the load's
  }
  depends_on = [aws_lb_listener.maildrop]
}

resource "aws_appautoscaling_target" "maildrop" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.maildrop.name}/${aws_ecs_service.maildrop.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 2
  max_capacity       = var.most
}

resource "aws_appautoscaling_policy" "cpu" {
  name               = "maildrop-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.maildrop.service_namespace
  resource_id        = aws_appautoscaling_target.maildrop.resource_id
  scalable_dimension = aws_appautoscaling_target.maildrop.scalable_dimension
  target_tracking_scaling_policy_configuration {
    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 600 # floods come and go
  }
}

output "balancer" {
  value = aws_lb.maildrop.dns_name
}
