"""What the team solved, how, and the proof."""
