"""Floor 1: the team's hands. Sandboxes and test runs, with no model in sight."""
