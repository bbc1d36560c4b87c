"""The commands on the pages exist, with these options, and a shell can read them."""

import argparse
import re
import shlex
import subprocess
from functools import cache

import pytest

from spikefa.cli import main
from spikefa.cli.application import INCOMPLETE, INTERRUPTED, USER_ERROR
from spikefa.cli.parser import make_parser
from spikefa.cli.sweep_arguments import sweeping
from spikefa.runs.catalogue import experiment_names
from spikefa.runs.loading import load_experiment
from spikefa.runs.parsing import settings_parser
from tests.helpers.processes import REPOSITORY

DOCS = REPOSITORY / "docs"
OLD = {"changes", "results", "gallery"}  # what once was, and pages that are generated
PAGES = [REPOSITORY / "README.md", *sorted(p for p in DOCS.glob("*.md") if p.stem not in OLD)]
COMMAND = re.compile(r"(?<![\w/.-])spikefa ([a-z]+)(?: ([\w.]+))?(?! *[=:])((?: [^`|\n#;<>]*)?)")


def text_of(page):
    """Return a page with the continued lines of commands joined."""
    return re.sub(r" *\\\n *", " ", page.read_text("utf-8"))


def commands(page):
    """Return the commands on a page that stand in code, as (command, what, rest)."""
    text = text_of(page)
    blocks = re.findall(r"^```(?:sh|bash)\n(.*?)^```$", text, re.M | re.S)
    indented = re.findall(r"^    spikefa .*$", text, re.M)
    inline = re.findall(r"`(spikefa [^`]+)`", text.replace("\n", " "))
    code = (*blocks, *indented, *inline)
    return [match.groups() for each in code for match in COMMAND.finditer(each)]


def subcommands():
    (choices,) = [action.choices for action in make_parser()._actions if action.choices]
    return choices


@cache
def options_of(experiment):
    parser = settings_parser(experiment, load_experiment(experiment).settings)
    return {flag for action in parser._actions for flag in action.option_strings}


def options_of_sweeps():
    parser = argparse.ArgumentParser()
    sweeping(parser)
    return {flag for action in parser._actions for flag in action.option_strings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_and_their_options_exist(page):
    for command, what, rest in commands(page):
        assert command in subcommands(), command
        used = re.findall(r"(--[a-z_-]+)(?![\w.])(?!\.)", rest)
        if command == "run" and what and "." in what:
            assert what in experiment_names(), what
            # options of a class, such as --rule.alpha, are the class's own
            known = options_of(what) | {"--help"}
            known |= options_of_sweeps() if "--sweep" in used else set()
            assert set(used) <= known, (what, used)
        elif command != "run":
            known = subcommands()[command].format_help()
            assert [flag for flag in used if flag not in known] == [], (command, used)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_shell_can_read_the_blocks_for_it(page):
    blocks = re.findall(r"^```(?:sh|bash)\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    for block in blocks:
        read = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True)
        assert read.returncode == 0, read.stderr


def transcripts(page):
    """Return the commands after a dollar on a page, each with the lines that it prints."""
    blocks = re.findall(r"^```\n\$ (.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    parts = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.M)]
    return [(lines[0], lines[1:]) for lines in map(str.splitlines, parts)]


def test_refused_commands_say_what_their_transcripts_say(capsys):
    found = transcripts(DOCS / "troubleshooting.md")
    assert len(found) >= 2
    for command, shown in found:
        program, *arguments = shlex.split(command)
        assert (program, main(arguments)) == ("spikefa", USER_ERROR)
        said = capsys.readouterr().err.splitlines()
        assert len(said) == len(shown), command
        for line, beginning in zip(said, shown, strict=True):
            if beginning.endswith("..."):
                assert line.startswith(beginning.removesuffix("...")), command
            else:
                assert line == beginning, command


def test_commands_are_found_on_the_pages():
    assert ("run", "lillicrap2016.fig4") in {found[:2] for found in commands(PAGES[0])}
    found = commands(DOCS / "command-line.md")
    (small,) = [rest for _, _, rest in found if "--hidden" in rest]
    assert "--epochs 3" in small, "the second line of the command"


def test_the_page_on_the_command_line_lists_every_command_and_exit_code():
    page = (DOCS / "command-line.md").read_text("utf-8")
    assert re.findall(r"^\| `spikefa (\w+)", page, re.M) == list(subcommands())
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.M)}
    assert codes == {0, INCOMPLETE, USER_ERROR, INTERRUPTED}


def test_the_readme_is_short_and_counts_as_the_results_do():
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) < 100
    code = re.search(r"^```python\n(.*?)^```$", readme, re.M | re.S)[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    run, known = re.search(r"(\d+) of (\d+) figures", readme).groups()
    assert f"{run} of {known} have been run" in (DOCS / "results.md").read_text("utf-8")
