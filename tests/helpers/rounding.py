"""How far rounding may lead, from the unit roundoff and the number of terms of a sum.

A sum of n products differs from the exact one by n u sum |a b| at most, in any order (Higham 2002,
section 3.1), if every operation rounds to the nearest number; matrix units cut off instead, which
doubles u. Bounds are tensors of float64, one number for each element.
"""

UNIT = 2.0**-24
"""The unit roundoff of float32."""
CUT = 2 * UNIT
KEPT = {"float32": 0.0, "bf16x6": 2.0**-24, "bf16x3": 2.0**-16, "tf32": 2.0**-11, "bf16": 2.0**-8}
"""By how much, relative to it, a precision of the matrix units rounds a factor."""
EXPONENTIAL = 16 * UNIT
"""For logistic, tanh and their gain, at most 1: some operations and an approximate exponential."""


def of_product(a, b, precision="float32"):
    """Bound the error of ``a b``; both factors may be rounded, and a product of rests left out."""
    terms = a.shape[-1] + 1
    return (CUT * terms + 3 * KEPT[precision]) * (a.double().abs() @ b.double().abs())


def of_sum(x, dim):
    """Bound the error of a sum along a dimension."""
    return CUT * x.shape[dim] * x.double().abs().sum(dim)


def of_leak(arrived, before, error):
    """Bound the error of ``arrived + (1 - tau) (before - arrived)``, if `arrived` has `error`."""
    return error + 6 * UNIT * (arrived.abs() + before.double().abs())


def within(given, expected, bound):
    """Check that no element is further from the exact one than its bound."""
    excess = (given.double() - expected).abs() - bound - UNIT * expected.abs()
    assert (excess <= 0).all(), f"{float(excess.max()):.3g} beyond the bound"
