"""One change for many repositories: clone, plan, prove, commit, push, and remember how far it came."""
