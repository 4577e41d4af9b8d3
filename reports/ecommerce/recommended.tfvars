node_groups = {
  # 2 -> 3: it helps to keep what is promised
  "app-nodes" = { min_size = 3, max_size = 10, desired_size = 3 }
}
