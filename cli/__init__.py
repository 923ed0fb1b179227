"""Floor 7: the `motet` command."""


def main() -> None:
    """Run the command."""
    raise SystemExit("motet: the command is being built")
