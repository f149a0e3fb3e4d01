"""Files, changes and findings: what every floor above speaks about."""
