"""Reading CI logs: from a file, folder, archive or stream to clean lines, and from lines to the steps that failed."""
