"""What the platform runs: due slots, firings, and the beat that turns the one into the other."""
