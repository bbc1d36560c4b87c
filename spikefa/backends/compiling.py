"""Compiles kernels for GPUs that need not be there, and says what resources they take."""

import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import triton
from torch import Tensor
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

WARP = 32
TYPES = {
    torch.float16: "*fp16",
    torch.float32: "*fp32",
    torch.int32: "*i32",
    torch.int64: "*i64",
    torch.uint8: "*u8",
}


@dataclass(frozen=True)
class Launch:
    """One start of a kernel, with its arguments by name.

    Attributes
    ----------
    kernel : triton.JITFunction
    arguments : dict
    options : dict
        Warps and stages, and how it is launched.
    """

    kernel: Any
    arguments: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)

    def name(self, *flags: str) -> str:
        """Return the kernel's name and some of its constants."""
        listed = [f"{flag}={self.arguments[flag]}" for flag in flags if flag in self.arguments]
        return f"{self.kernel.fn.__name__}({', '.join(listed)})"


@dataclass(frozen=True)
class Compiled:
    """A compiled kernel.

    Attributes
    ----------
    registers : int
        Registers per thread, at most 255.
    stack : int
        Bytes per thread that are in memory instead.
    shared : int
        Bytes of shared memory per program.
    ttgir, ptx : str
        Its source in two intermediate languages.
    """

    registers: int
    stack: int
    shared: int
    ttgir: str
    ptx: str


def compiled(launch: Launch, capability: int) -> Compiled:
    """Compile a kernel for GPUs of compute capability `capability`, such as 90."""
    signature, constants, attributes = signature_of(launch)
    made = triton.compile(
        ASTSource(launch.kernel, signature, constants, attributes),
        target=GPUTarget("cuda", capability, WARP),
        options=launch.options,
    )
    registers, stack = _usage(made.asm["cubin"])
    return Compiled(registers, stack, made.metadata.shared, made.asm["ttgir"], made.asm["ptx"])


def distinct(launches: list[Launch]) -> list[Launch]:
    """Return the launches that are compiled differently."""
    return list({f"{each.options}{signature_of(each)}": each for each in launches}.values())


def signature_of(launch: Launch) -> tuple[dict[str, str], dict[Any, Any], dict[Any, Any]]:
    """Return types, constants and known divisors of the arguments, as a launch derives them."""
    types: dict[str, str] = {}
    constants: dict[Any, Any] = {}
    attributes: dict[Any, Any] = {}
    for place, parameter in enumerate(launch.kernel.params):
        name, value = parameter.name, launch.arguments[parameter.name]
        special = not parameter.do_not_specialize
        number = isinstance(value, int) and not isinstance(value, bool)
        if parameter.is_constexpr or value is None or (number and value == 1 and special):
            types[name], constants[(place,)] = "constexpr", value
            continue
        if isinstance(value, Tensor):
            types[name], whole = TYPES[value.dtype], value.data_ptr()
        else:
            types[name], whole = ("fp32", 1) if isinstance(value, float) else ("i32", value)
        if whole % 16 == 0 and special:
            attributes[(place,)] = [["tt.divisibility", 16]]
    return types, constants, attributes


def _usage(cubin: bytes) -> tuple[int, int]:
    """Return registers and stack of the only kernel in `cubin`, from cuobjdump."""
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        printed = subprocess.run(
            [tool, "-res-usage", file.name], check=True, capture_output=True, text=True
        ).stdout
    found = re.search(r"REG:(\d+) STACK:(\d+)", printed)
    assert found is not None, printed
    return int(found[1]), int(found[2])
