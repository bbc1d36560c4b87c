"""Values that a numeric option or argument should refuse, or take for what they are."""

from spikefa.errors import SpikefaError

NASTY = (
    "0 -1 1 1.5 -0.0 1e12 1e300 -1e300 1e400 nan .nan inf -inf .inf 5e-324 9223372036854775808 1e3 "
    "0x10 1_000 1:30 true null abc [] [1] [nan] [0,1e300] {} {a:1} \u0663 \u00bd 1,5 +3"
).split()
"""As typed."""
TEXTS = (*NASTY, "", " ", "1" * 400, "9" * 5000, "1 2", "--hidden", "${1}")

NUMBERS = (
    0, -1, 1, 1.5, -0.0, 10**12, 1e12, 1e300, -1e300, float("nan"), float("inf"), -float("inf"),
    5e-324, 2**63, 10**5000, True, None, "1e3", "0x10", "", [], [1], [float("nan")], (0, 1e300), {},
    1j, b"1",
)  # fmt: skip
"""As given in Python."""


def refusal(call):
    """Return the message with which a call is refused, or None if it is not."""
    try:
        call()
    except SpikefaError as error:
        message = str(error)
    else:
        return None
    assert "\n" not in message
    return message
