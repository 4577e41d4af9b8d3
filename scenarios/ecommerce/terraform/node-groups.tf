# Terraform
module "eks_node_group_app" {
  source = "terraform-aws-modules/eks/aws//modules/eks-managed-node-group"

  name = "app-nodes"
  cluster_name = module.eks.cluster_name

  instance_types = ["m5.large"]  # 2 vCPU, 8 GB RAM
  capacity_type  = "ON_DEMAND"

  min_size     = 2
  max_size     = 10
  desired_size = 3

  labels = {
    workload = "application"
  }

  taints = []
}

module "eks_node_group_db" {
  source = "terraform-aws-modules/eks/aws//modules/eks-managed-node-group"

  name = "db-nodes"

  instance_types = ["m5.xlarge"]  # 4 vCPU, 16 GB RAM
  capacity_type  = "ON_DEMAND"

  min_size     = 3
  max_size     = 5
  desired_size = 3

  labels = {
    workload = "database"
  }

  taints = [
    {
      key    = "workload"
      value  = "database"
      effect = "NoSchedule"
    }
  ]
}

module "eks_node_group_spot" {
  source = "terraform-aws-modules/eks/aws//modules/eks-managed-node-group"

  name         = "spot"
  cluster_name = module.eks.cluster_name

  capacity_type  = "SPOT"
  instance_types = ["m5.large", "m5a.large", "m5n.large"]  # Multiple types

  min_size     = 0
  max_size     = 10
  desired_size = 2
}

module "eks_node_group_system" {
  source = "terraform-aws-modules/eks/aws//modules/eks-managed-node-group"

  name         = "system"
  cluster_name = module.eks.cluster_name

  instance_types = ["t3.medium"]
  capacity_type  = "ON_DEMAND"

  min_size     = 2
  max_size     = 2
  desired_size = 2

  labels = {
    workload = "system"
  }
}
