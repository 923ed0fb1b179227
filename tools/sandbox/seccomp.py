"""The system call filter that sandboxes have in common, as a classic BPF program.

Namespaces and dropped capabilities already deny most of what is listed here. The filter takes the code behind these
calls out of reach, because that is where kernels were broken again and again, and closes what namespaces do not cover:
the kernel's keyrings, sockets to the hypervisor, and typing into a terminal. A Docker Engine has a filter of its own,
in which older versions leave some of that open; this one comes on top.
"""

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable
from typing import NamedTuple

# Instructions: load a word of `struct seccomp_data`, jump on a comparison, mask, return.
LOAD, JUMP_EQUAL, JUMP_GREATER_OR_EQUAL, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
X32_BIT = 0x40000000

NAMESPACE_FLAGS = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
"""They type into the terminal that motet may run in."""
SOCKET_FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
"""The rest is refused: AF_VSOCK reaches the hypervisor through every network namespace."""


class Machine(NamedTuple):
    """What the kernel calls an architecture, and which of two columns of call numbers is its."""

    audit: int
    column: int


MACHINES = {"x86_64": Machine(0xC000003E, 0), "aarch64": Machine(0xC00000B7, 1)}

NOT_PERMITTED: dict[str, tuple[int | None, int | None]] = {
    # Mounts and roots.
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    # Namespaces; `clone` is looked at below.
    "unshare": (272, 97),
    "setns": (308, 268),
    # Other processes.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    # Keyrings know no namespaces.
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Large attack surface of little use to a test run.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "vmsplice": (278, 75),
    # The machine itself.
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "nfsservctl": (180, 42),
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # Of x86 alone.
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "ustat": (136, None),
    "sysfs": (139, None),
    "_sysctl": (156, None),
}

NOT_THERE: dict[str, tuple[int, int]] = {
    # Its flags are in memory, where a filter cannot look; the C library falls back to `clone`.
    "clone3": (435, 435),
}

CLONE, IOCTL, SOCKET, PERSONALITY = (56, 220), (16, 29), (41, 198), (135, 92)


def seccomp_program(machine: str | None = None) -> bytes | None:
    """The filter for a machine as `platform.machine` names it, this one by default; `None` where none was written."""
    known = MACHINES.get(machine or platform.machine())
    if known is None:
        return None
    column = known.column
    program = [
        _load(ARCHITECTURE),
        *_unless_equal(known.audit, KILL_PROCESS),
        _load(NUMBER),
    ]
    if column == 0:
        program += [_jump(JUMP_GREATER_OR_EQUAL, X32_BIT, 0, 1), _return(ERRNO | errno.ENOSYS)]
    program += _refuse((numbers[column] for numbers in NOT_PERMITTED.values()), errno.EPERM)
    program += _refuse((numbers[column] for numbers in NOT_THERE.values()), errno.ENOSYS)
    program += _for_call(CLONE[column], _argument(0), _refuse_bits(NAMESPACE_FLAGS, errno.EPERM))
    program += _for_call(IOCTL[column], _argument(1), _refuse((TIOCSTI, TIOCLINUX), errno.EPERM))
    program += _for_call(SOCKET[column], _argument(0), _refuse_others(SOCKET_FAMILIES.values(), errno.EAFNOSUPPORT))
    # 0 is the ordinary personality and all ones a question; anything else weakens protections.
    program += _for_call(PERSONALITY[column], _argument(0), _refuse_others((0, 0xFFFFFFFF), errno.EPERM))
    program.append(_return(ALLOW))
    return b"".join(program)


def confine() -> bool:
    """Put this process and all its children under the filter for good; whether the kernel took it."""
    program = seccomp_program()
    if program is None:
        return False

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    filled = Program(len(program) // 8, program)
    return ctypes.CDLL(None).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filled), 0, 0) == 0


def _instruction(code: int, if_true: int, if_false: int, operand: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)


def _load(offset: int) -> bytes:
    return _instruction(LOAD, 0, 0, offset)


def _argument(index: int) -> bytes:
    """The lower half, which is all that the kernel itself looks at in these arguments; both machines store it first."""
    return _load(ARGUMENTS + 8 * index)


def _return(action: int) -> bytes:
    return _instruction(RETURN, 0, 0, action)


def _jump(code: int, operand: int, if_true: int, if_false: int) -> bytes:
    return _instruction(code, if_true, if_false, operand)


def _unless_equal(operand: int, action: int) -> list[bytes]:
    return [_jump(JUMP_EQUAL, operand, 1, 0), _return(action)]


def _refuse(values: Iterable[int | None], error: int) -> list[bytes]:
    """Fail with `error` if what was loaded is one of the values."""
    program = []
    for value in values:
        if value is not None:
            program += [_jump(JUMP_EQUAL, value, 0, 1), _return(ERRNO | error)]
    return program


def _refuse_bits(mask: int, error: int) -> list[bytes]:
    return [_jump(JUMP_ANY_BIT, mask, 0, 1), _return(ERRNO | error)]


def _refuse_others(values: Iterable[int], error: int) -> list[bytes]:
    """Fail with `error` unless what was loaded is one of the values."""
    allowed = list(values)
    jumps = [_jump(JUMP_EQUAL, value, len(allowed) - index, 0) for index, value in enumerate(allowed)]
    return [*jumps, _return(ERRNO | error)]


def _for_call(number: int, load: bytes, check: list[bytes]) -> list[bytes]:
    """A check of an argument of one call; afterwards the call's number is loaded again."""
    return [_jump(JUMP_EQUAL, number, 0, len(check) + 2), load, *check, _load(NUMBER)]
