"""What may have been meant is said beside what was given, and never guessed."""

import pytest

from tests.helpers.small_run import SMALL


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runn"], "there is no 'runn' (did you mean 'run'?): choose run, sweep, list"),
        (["list", "circuit"], "there is no 'circuit' (did you mean 'circuits'?): choose"),
        (["bench", "fig4.smal"], "'fig4.smal' (did you mean 'fig4.small'?): choose fig4"),
        (
            ["raster", "x", "--pop", "3"],
            "no --pop here (did you mean '--population'?) (see spikefa r",
        ),
        (["raster", "x", "--fore"], "no --fore here (did you mean '--force'?)"),
        (["run", "lilicrap2016.fig4"], "(did you mean 'lillicrap2016.fig4'?): there is bellec2020"),
        (["run", "n15"], "no experiment called 'n15' (did you mean 'lillicrap2016.n15'?)"),
        (["fetch", "fashion-mnist"], "'fashion-mnist' (did you mean 'fashion_mnist'?): choose one"),
        ([*SMALL, "--hiden", "3"], "no option --hiden (did you mean '--hidden'?)"),
        ([*SMALL, "--lr", "3"], "no option --lr (did you mean '--learning-rate'?)"),
        ([*SMALL, "--hidden-lay", "3"], "no option --hidden-lay (did you mean '--hidden-layers'?)"),
        ([*SMALL, "--dataset", "mnits"], "'mnits' (did you mean 'mnist'?): choose one of"),
        ([*SMALL, "--backend", "fusd"], "--backend is 'fusd' (did you mean 'fused'?): give auto"),
        ([*SMALL, "--phi-delta", "logstic"], "'logstic' (did you mean 'logistic'?): give identity"),
        ([*SMALL, "--feedback", "pfa"], "no FeedbackCircuit called 'pfa' (did you mean 'PFA'?)"),
        ([*SMALL, "--rule", "threefactor"], "'threefactor' (did you mean 'ThreeFactor'?): there"),
        ([*SMALL, "--feedback.scal", "3"], "no argument 'scal' (did you mean 'scale'?): there is"),
        (
            [*SMALL, "--record-windows", "allways"],
            "'allways' (did you mean 'always'?): give figure",
        ),
        (
            ["run", "comparison.circuits", "--circuits", "FA,DAF"],
            "no circuit 'DAF' in the table (did you mean 'DFA'?): choose",
        ),
    ],
)
def test_what_may_have_been_meant(arguments, message, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in said(*arguments)
    assert list(tmp_path.iterdir()) == []


def test_in_a_configuration_file(said, tmp_path):
    (tmp_path / "mine.yaml").write_text("hiden: 3\n")
    line = said(*SMALL, "--config", tmp_path / "mine.yaml")
    assert "there is no option --hiden (did you mean '--hidden'?)" in line
