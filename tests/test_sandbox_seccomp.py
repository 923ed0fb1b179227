"""The system call filter, run as the kernel would run it, for machines that are not this one too."""

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.tools.sandbox import seccomp
from motet.tools.sandbox.seccomp import MACHINES, NOT_PERMITTED, NOT_THERE, seccomp_program

ALLOWED = 0x7FFF0000
KILLED = 0x80000000
machines = pytest.mark.parametrize("machine", MACHINES)


def decide(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What the filter answers to a call."""
    data = struct.pack("<IIQ6Q", number, audit or MACHINES[machine].audit, 0, *arguments, *[0] * (6 - len(arguments)))
    program = list(struct.iter_unpack("=HBBI", seccomp_program(machine)))
    assert len(program) < 4096
    position, word = 0, 0
    while True:
        code, if_true, if_false, operand = program[position]
        position += 1
        if code == seccomp.LOAD:
            (word,) = struct.unpack_from("<I", data, operand)
        elif code == seccomp.RETURN:
            return operand
        else:
            comparison = {
                seccomp.JUMP_EQUAL: word == operand,
                seccomp.JUMP_GREATER_OR_EQUAL: word >= operand,
                seccomp.JUMP_ANY_BIT: bool(word & operand),
            }
            position += if_true if comparison[code] else if_false


def refusal(error: int) -> int:
    return 0x00050000 | error


@machines
def test_every_listed_call_is_refused(machine):
    column = MACHINES[machine].column
    for numbers in NOT_PERMITTED.values():
        if numbers[column] is not None:
            assert decide(machine, numbers[column]) == refusal(errno.EPERM)
    for numbers in NOT_THERE.values():
        assert decide(machine, numbers[column]) == refusal(errno.ENOSYS)


@pytest.mark.parametrize(
    ("machine", "number"),
    # read, write, close, mmap, execve, wait4, getpid, exit_group, openat
    [("x86_64", n) for n in (0, 1, 3, 9, 59, 61, 39, 231, 257)]
    + [("aarch64", n) for n in (63, 64, 57, 222, 221, 260, 172, 94, 56)],
)
def test_ordinary_calls_are_allowed(machine, number):
    assert decide(machine, number) == ALLOWED


@machines
@given(number=st.integers(0, 2**32 - 1), audit=st.integers(1, 2**32 - 1))
def test_calls_in_another_machines_language_kill(machine, number, audit):
    if audit != MACHINES[machine].audit:
        assert decide(machine, number, audit=audit) == KILLED


@given(number=st.integers(0x40000000, 2**32 - 1))
def test_the_x32_calls_do_not_exist(number):
    assert decide("x86_64", number) == refusal(errno.ENOSYS)


@machines
@given(flags=st.integers(0, 2**64 - 1))
def test_clone_makes_processes_and_threads_but_no_namespaces(machine, flags):
    number = seccomp.CLONE[MACHINES[machine].column]
    expected = refusal(errno.EPERM) if flags & seccomp.NAMESPACE_FLAGS else ALLOWED
    assert decide(machine, number, flags) == expected


@machines
@given(upper=st.integers(0, 2**32 - 1))
def test_typing_into_a_terminal_is_refused_whatever_the_upper_half_says(machine, upper):
    number = seccomp.IOCTL[MACHINES[machine].column]
    for request in (seccomp.TIOCSTI, seccomp.TIOCLINUX):
        assert decide(machine, number, 0, upper << 32 | request) == refusal(errno.EPERM)
    assert decide(machine, number, 0, upper << 32 | 0x5401) == ALLOWED


@machines
@given(family=st.integers(0, 2**32 - 1))
def test_sockets_are_of_ordinary_families(machine, family):
    number = seccomp.SOCKET[MACHINES[machine].column]
    expected = ALLOWED if family in (1, 2, 10, 16) else refusal(errno.EAFNOSUPPORT)
    assert decide(machine, number, family) == expected
