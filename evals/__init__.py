"""Floor 6: benchmarks. What a team is measured on, and how."""
