node_groups = {
  # 10 -> 8: twice the most that was ever needed
  "app-nodes" = { min_size = 2, max_size = 8, desired_size = 3 }
}
