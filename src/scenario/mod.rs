//! Files in: scenarios, Kubernetes objects, Terraform, traffic. All problems at once, with their place.
//!
//! Everything that reads text lives here, so the rooms behind it never meet a malformed value.
//! Start reading at [`kubernetes`] for API objects and at [`issue`] for what is said about bad ones.

pub mod issue;
pub mod kubernetes;
