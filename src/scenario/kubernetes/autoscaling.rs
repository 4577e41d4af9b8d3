//! HorizontalPodAutoscaler and VerticalPodAutoscaler.
