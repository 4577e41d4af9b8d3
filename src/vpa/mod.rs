//! The VerticalPodAutoscaler: from usage histograms to requests, as the real recommender decides.
