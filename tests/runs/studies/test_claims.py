"""Claims are judged on what was measured, and only where they can be."""

from types import SimpleNamespace

import numpy as np
import pytest

from spikefa.runs.studies.claims import Claim, Measures, full_version, judge_all

LOW = Claim(
    "the error is low",
    holds=lambda m: m.error.mean() < m.bound,
    evidence=lambda m: f"{m.error.mean():.1f} %",
    reason="too few epochs",
)
WORDED = Claim(
    lambda m: f"below {m.bound}",
    when=full_version,
    holds=lambda m: (m.error < m.bound).all(),
    evidence=lambda m: "",
    reason=lambda m: f"{m.error.max():.0f} is not",
)


def measured(*errors, quick=False):
    return Measures(settings=SimpleNamespace(quick=quick), error=np.array(errors), bound=3)


def test_a_claim_that_holds_needs_no_reason():
    verdict = LOW.judge(measured(1.0, 2.0))
    assert verdict.holds is True
    assert verdict.as_record() == {
        "text": "the error is low",
        "holds": True,
        "evidence": "1.5 %",
        "reason": "",
    }


def test_texts_and_reasons_may_depend_on_what_was_measured():
    verdict = WORDED.judge(measured(1.0, 5.0))
    assert (verdict.text, verdict.holds, verdict.reason) == ("below 3", False, "5 is not")


def test_a_claim_can_be_about_the_full_version_alone():
    assert len(judge_all([LOW, WORDED], measured(1.0))) == 2
    assert [each.text for each in judge_all([LOW, WORDED], measured(1.0, quick=True))] == [LOW.text]


def test_a_name_that_was_not_measured_is_told_with_those_that_were():
    with pytest.raises(AttributeError, match="'loss' was not measured: there is settings, error"):
        _ = measured(1.0).loss
