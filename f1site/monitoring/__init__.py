"""How the site is: what Prometheus reads, and the service levels people read."""
