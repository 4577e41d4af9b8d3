//! Results out: terminal summary, HTML, CSV, JSON.
