"""Kill a child between two of its system calls, by ptrace; Linux on x86-64 alone."""

import ctypes
import os
import platform
import signal
import sys

POSSIBLE = sys.platform == "linux" and platform.machine() == "x86_64"

TRACEME, PEEKUSER, SYSCALL, SETOPTIONS = 0, 3, 24, 0x4200
MARK_CALLS, FOLLOW_THREADS, KILL_WITH_ME = 1, 8, 1 << 20
ALL_CHILDREN = 0x40000000
ORIG_RAX = 15 * 8

CHANGES = {
    *(1, 18, 20, 296),  # write, pwrite64, writev, pwritev
    *(2, 257, 85, 3),  # open, openat, creat, close
    *(74, 75, 76, 77, 285),  # fsync, fdatasync, truncate, ftruncate, fallocate
    *(82, 264, 316, 86, 265, 87, 263),  # rename, link, unlink and their siblings
    *(73, 40, 326),  # flock, sendfile, copy_file_range
}
"""System calls that can change what others find on the disk."""


def killed_before(call, action):
    """Run `action` in a child; kill it before it enters such a system call number `call`.

    Returns the number of such calls that it began, which is less than `call` if it ended first. Of
    all threads of the child; call 0 lets it live.
    """
    child = os.fork()
    if child == 0:
        ptrace(TRACEME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        action()
        os._exit(0)
    os.waitpid(child, 0)
    ptrace(SETOPTIONS, child, MARK_CALLS | FOLLOW_THREADS | KILL_WITH_ME)
    ptrace(SYSCALL, child)
    return _follow(child, call)


def _follow(child, call):
    begun, inside = 0, set()
    while True:
        thread, status = os.waitpid(-1, ALL_CHILDREN)
        if not os.WIFSTOPPED(status):
            if thread == child:
                assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
                return begun
            continue
        stopped_by = os.WSTOPSIG(status)
        deliver = 0 if stopped_by in (signal.SIGTRAP, signal.SIGSTOP) else stopped_by
        if stopped_by == signal.SIGTRAP | 0x80:
            deliver = 0
            inside ^= {thread}
            if thread in inside and ptrace(PEEKUSER, thread, ORIG_RAX) in CHANGES:
                begun += 1
                if begun == call:
                    os.kill(child, signal.SIGKILL)
                    _reap()
                    return begun
        ptrace(SYSCALL, thread, deliver)


def _reap():
    """Wait for the end of a killed child, whose threads are reported one by one."""
    try:
        while True:
            os.waitpid(-1, ALL_CHILDREN)
    except ChildProcessError:
        return


_LIBRARY = ctypes.CDLL(None, use_errno=True)
_LIBRARY.ptrace.restype = ctypes.c_long
_LIBRARY.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, thread, number=0):
    """Call ptrace; `number` is an address for PEEKUSER, and data otherwise."""
    address, data = (number, None) if request == PEEKUSER else (None, number)
    return _LIBRARY.ptrace(request, thread, address, data)
