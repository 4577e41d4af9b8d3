//! Traffic: demand over time, and how it feels: utilisation, backlog, latency, errors.
