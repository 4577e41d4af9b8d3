node_groups = {
  # 2 -> 3: one less breaks: no more waiting for nodes than now
  "app-nodes" = { min_size = 3, max_size = 10, desired_size = 3 }
}
