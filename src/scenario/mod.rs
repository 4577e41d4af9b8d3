//! Files in: scenarios, Kubernetes objects, Terraform, traffic. All problems at once, with their place.
