//! Recommendations, found by simulating the alternatives.
