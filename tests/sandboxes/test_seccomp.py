"""The system call filter, run by a small BPF machine: so the filter of every machine is tested on every machine."""

from __future__ import annotations

import errno
import struct

import pytest

from agentchat.sandboxes import seccomp
from agentchat.sandboxes.seccomp import ALLOW, ERRNO, KILL, MACHINES

PERMISSION, MISSING, FAMILY = (ERRNO | number for number in (errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT))


def verdict(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    arch = MACHINES[machine].audit if audit is None else audit
    words = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, arch, 0, *words)
    code = list(struct.iter_unpack("<HBBI", seccomp.program(machine)))
    at = held = 0
    while True:
        operation, if_true, if_false, value = code[at]
        at += 1
        match operation:
            case 0x20:
                (held,) = struct.unpack_from("<I", data, value)
            case 0x15:
                at += if_true if held == value else if_false
            case 0x35:
                at += if_true if held >= value else if_false
            case 0x45:
                at += if_true if held & value else if_false
            case 0x06:
                return int(value)
            case _:
                pytest.fail(f"unknown operation {operation:#x}")


@pytest.fixture(params=sorted(MACHINES))
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def number(machine: str, numbers: tuple[int, int]) -> int:
    return numbers[MACHINES[machine].column]


def test_ordinary_calls_are_allowed(machine: str) -> None:
    ordinary = {"x86_64": (0, 1, 9, 39, 57, 58, 59, 202, 257, 318), "aarch64": (56, 57, 63, 64, 93, 172, 221, 222, 278)}
    assert {verdict(machine, call) for call in ordinary[machine]} == {ALLOW}


def test_forbidden_calls(machine: str) -> None:
    for name, numbers in seccomp.FORBIDDEN.items():
        call = numbers[MACHINES[machine].column]
        if call is not None:
            assert verdict(machine, call) == PERMISSION, name


def test_no_number_is_listed_twice(machine: str) -> None:
    column = MACHINES[machine].column
    numbers = [numbers[column] for numbers in seccomp.FORBIDDEN.values() if numbers[column] is not None]
    numbers += [number(machine, call) for call in (seccomp.CLONE, seccomp.UNSHARE, seccomp.SOCKET, seccomp.IOCTL)]
    assert len(numbers) == len(set(numbers))


def test_threads_and_processes_but_no_namespaces(machine: str) -> None:
    clone, unshare = number(machine, seccomp.CLONE), number(machine, seccomp.UNSHARE)
    assert verdict(machine, clone, 0x3D0F00) == ALLOW  # what a thread is made with
    assert verdict(machine, clone, 0x1200011) == ALLOW  # fork
    assert verdict(machine, unshare, 0x400) == ALLOW  # its own table of files
    for flag in (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert verdict(machine, clone, flag | 17) == PERMISSION
        assert verdict(machine, unshare, flag) == PERMISSION
    assert verdict(machine, unshare, 0x80) == PERMISSION
    assert verdict(machine, number(machine, seccomp.CLONE3), 0) == MISSING


def test_socket_families(machine: str) -> None:
    for call in (seccomp.SOCKET, seccomp.SOCKETPAIR):
        for family in range(64):
            expected = ALLOW if family in (1, 2, 10) else FAMILY
            assert verdict(machine, number(machine, call), family) == expected


def test_the_ignored_half_of_an_argument_fools_nobody(machine: str) -> None:
    high = 0x1_0000_0000
    ioctl = number(machine, seccomp.IOCTL)
    for request in (0x5412, 0x541C):
        assert verdict(machine, ioctl, 0, request) == PERMISSION
        assert verdict(machine, ioctl, 0, request | high) == PERMISSION
    assert verdict(machine, ioctl, 0, 0x5413) == ALLOW
    assert verdict(machine, number(machine, seccomp.SOCKET), 38 | high) == FAMILY


def test_newer_calls_do_not_exist(machine: str) -> None:
    assert verdict(machine, seccomp.LAST_KNOWN) == ALLOW
    assert verdict(machine, seccomp.LAST_KNOWN + 1) == MISSING


def test_another_table_of_calls_ends_the_program(machine: str) -> None:
    assert verdict(machine, 0, audit=0x40000003) == KILL  # i386
    assert verdict(machine, 0, audit=0x40000028) == KILL  # arm
    x32 = verdict(machine, 0x40000000)
    assert x32 == (KILL if machine == "x86_64" else MISSING)


def test_other_machines_have_none() -> None:
    with pytest.raises(KeyError):
        seccomp.program("riscv64")
