"""A plan for people, machines and patches."""
