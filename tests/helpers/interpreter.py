"""Triton's interpreter, which runs the kernels where there is no GPU, in two thirds of its time."""

import os
from importlib.util import find_spec
from types import SimpleNamespace


def patch_the_language_once(monkeypatch):
    """Let the interpreter call device functions as they are.

    When a kernel starts, it replaces the functions of Triton's language by those that interpret,
    and then once more, around these, for every device function that the kernel calls.
    """
    if find_spec("triton") is None or os.environ.get("TRITON_INTERPRET") != "1":
        return
    import triton.language as tl
    from triton.runtime import interpreter

    patch = interpreter._patch_lang
    language = SimpleNamespace(__globals__={"tl": tl, "core": tl.core})

    def call(self, *arguments, **constants):
        return self.rewrite()(*arguments, **constants)

    monkeypatch.setattr(interpreter, "_patch_lang", lambda function: patch(language))
    monkeypatch.setattr(interpreter.InterpretedFunction, "__call__", call)
