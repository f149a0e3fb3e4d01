"""What is wrong with a repository's CI and what to do about it, as a document for people and for programs."""
