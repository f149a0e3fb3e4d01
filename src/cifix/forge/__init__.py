"""Pull requests and merge requests: one interface, and the ways to reach the forges behind it."""
