node_groups = {
  "app-nodes" = { min_size = 2, max_size = 4, desired_size = 3 }
  "db-nodes" = { min_size = 1, max_size = 4, desired_size = 3 }
  "spot" = { min_size = 0, max_size = 9, desired_size = 2 }
}
