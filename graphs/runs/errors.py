"""What can go wrong with recorded runs, as types that a program can catch."""


class RunError(Exception):
    """Anything that goes wrong with the record of a run."""


class UnknownRunError(RunError):
    """No run, or more than one, goes by this id."""


class RunBusyError(RunError):
    """Another process works on the run."""


class RunUnreadableError(RunError):
    """The record is damaged, or another version of motet wrote it in a way that this one cannot read."""


class RunStoreError(RunError):
    """The folder of runs cannot be written: no right to, or no room."""
