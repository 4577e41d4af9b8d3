//! What the cloud sells: machine types, prices by region, spot markets, fixed prices.
