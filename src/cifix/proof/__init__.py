"""Proofs about a finished branch: from its commits alone, and on request by running its code in other processes."""
