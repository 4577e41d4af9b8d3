//! The HorizontalPodAutoscaler: from metrics to desired replicas, as the real controller decides.
