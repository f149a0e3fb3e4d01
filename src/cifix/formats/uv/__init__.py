"""uv: what its command lines select, what a workspace declares, and what its lock says of dependencies."""
