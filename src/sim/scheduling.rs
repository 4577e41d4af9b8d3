//! The scheduler at work.
