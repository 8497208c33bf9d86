"""The system calls that a sandboxed program may not make, as a BPF program for the kernel's seccomp filter.

A second wall behind the namespaces: it takes away the parts of the kernel that sandboxes were broken through and
that a script never needs. Threads, subprocesses, multiprocessing and files keep working. A deny list, because an
allow list breaks with every new C library; system calls newer than the list do not exist for the program. Pure: a
few integers become bytes.
"""

from __future__ import annotations

import errno
import struct
from typing import NamedTuple

ALLOW = 0x7FFF0000  # linux/seccomp.h
KILL = 0x80000000
ERRNO = 0x00050000

_LOAD, _EQUAL, _GREATER_EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
_NUMBER, _ARCH = 0, 4  # offsets in struct seccomp_data


def _argument(index: int) -> int:
    # The low half of a 64-bit argument on a little-endian machine. The kernel reads these arguments as 32 bits, so a
    # comparison of all 64 could be fooled by a high half that the kernel then ignores (CVE-2019-10063).
    return 16 + 8 * index


class Machine(NamedTuple):
    """A machine: its audit number, the column of its numbers in the tables below, whether x32 numbers exist."""

    audit: int
    column: int
    x32: bool


MACHINES = {
    "x86_64": Machine(0xC000003E, 0, True),
    "aarch64": Machine(0xC00000B7, 1, False),
}
"""The machines a filter can be made for, as `platform.machine()` names them."""

LAST_KNOWN = 462  # mseal, Linux 6.10: numbers are the same on every machine from 424 on

NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
NEW_TIME = 0x80  # CLONE_NEWTIME; in clone(2) this bit belongs to the exit signal
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6: the rest (VSOCK, ALG, PACKET, NETLINK ...) is not needed
TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into the terminal the sandbox was started from

CLONE = (56, 220)
CLONE3 = (435, 435)
UNSHARE = (272, 97)
SOCKET = (41, 198)
SOCKETPAIR = (53, 199)
IOCTL = (16, 29)

FORBIDDEN: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    # keys of the kernel are in no namespace
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # large parts of the kernel with a history
    "bpf": (321, 280),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "fanotify_init": (300, 262),
    "vmsplice": (278, 75),
    "lookup_dcookie": (212, 18),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "ustat": (136, None),
    "sysfs": (139, None),
    "_sysctl": (156, None),
    "create_module": (174, None),
    "get_kernel_syms": (177, None),
    "query_module": (178, None),
    "nfsservctl": (180, 42),
    "vhangup": (153, 58),
    "remap_file_pages": (216, 234),
    # memory and files outside of what is limited: not on any sized tmpfs
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mknod": (133, None),
    "mknodat": (259, 33),
    # System V memory, queues and semaphores; POSIX queues
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "mq_timedsend": (242, 182),
    "mq_timedreceive": (243, 183),
    "mq_notify": (244, 184),
    "mq_getsetattr": (245, 185),
    # file systems and namespaces
    "setns": (308, 268),
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
    "statmount": (457, 457),
    "listmount": (458, 458),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # the machine itself
    "acct": (163, 89),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "settimeofday": (164, 170),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "init_module": (175, 105),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "reboot": (169, 142),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
}
"""System calls that fail with EPERM: name, number on x86_64, number on aarch64 (None where it does not exist)."""


def program(machine: str) -> bytes:
    """The filter for a machine, in the form that `bwrap --seccomp` reads. Raises KeyError for another machine."""
    kind = MACHINES[machine]
    refuse, missing = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
    code = [_step(_LOAD, _ARCH), _step(_EQUAL, kind.audit, 1, 0), _step(_RETURN, KILL), _step(_LOAD, _NUMBER)]
    if kind.x32:
        code += _when(_GREATER_EQUAL, 0x40000000, KILL)  # the x32 ABI has numbers of its own for the same calls
    code += _when(_GREATER_EQUAL, LAST_KNOWN + 1, missing)
    # Its arguments are in memory, out of a filter's sight. Told that it does not exist, C libraries use clone.
    code += _when(_EQUAL, CLONE3[kind.column], missing)
    for numbers in FORBIDDEN.values():
        number = numbers[kind.column]
        if number is not None:
            code += _when(_EQUAL, number, refuse)
    code += _on(CLONE[kind.column], 0, _when(_ANY_BIT, NEW_NAMESPACES, refuse))
    code += _on(UNSHARE[kind.column], 0, _when(_ANY_BIT, NEW_NAMESPACES | NEW_TIME, refuse))
    code += _on(IOCTL[kind.column], 1, [step for request in TERMINAL_INPUT for step in _when(_EQUAL, request, refuse)])
    for call in (SOCKET, SOCKETPAIR):
        known = [step for family in FAMILIES for step in _when(_EQUAL, family, ALLOW)]
        code += _on(call[kind.column], 0, [*known, _step(_RETURN, ERRNO | errno.EAFNOSUPPORT)])
    code.append(_step(_RETURN, ALLOW))
    return b"".join(code)


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", operation, if_true, if_false, value)


def _when(test: int, value: int, verdict: int) -> list[bytes]:
    """If the loaded word passes the test, that is the verdict."""
    return [_step(test, value, 0, 1), _step(_RETURN, verdict)]


def _on(number: int, argument: int, tests: list[bytes]) -> list[bytes]:
    """Tests on one argument of one system call. What passes none of them is allowed."""
    body = [_step(_LOAD, _argument(argument)), *tests, _step(_RETURN, ALLOW)]
    return [_step(_EQUAL, number, 0, len(body)), *body]
