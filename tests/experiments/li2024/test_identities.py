"""The identities of table 1 of the paper on product feedback alignment."""

import pytest

from spikefa.experiments.li2024._identities import IDENTITIES
from spikefa.runs.settings import Placed

EXACT = [name for name in IDENTITIES if name not in ("wm_mirrors_w", "pal_aligns")]


@pytest.mark.parametrize("name", EXACT)
def test_the_identities_of_table_1(name):
    expected = {"sf_has_the_signs_of_w": 1.0, "kp_forgets_the_difference": 1.0}.get(name, 0.0)
    assert IDENTITIES[name](Placed(), 3) == pytest.approx(expected, abs=1e-10)
