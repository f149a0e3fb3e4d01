"""From rules and a snapshot to a plan that is proven."""
