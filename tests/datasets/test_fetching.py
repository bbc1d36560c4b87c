"""Fetching from mirrors, which are HTTP servers on this machine."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from spikefa.datasets.fetching import download, fetched_into, found_or_fetched
from spikefa.datasets.mnist import read_folder
from spikefa.datasets.sources import FILES, TRAIN_LABELS
from spikefa.errors import SpikefaError

DEAD = "http://127.0.0.1:9/"


@pytest.fixture
def published(tmp_path: Path, write_small: Callable) -> Path:
    return write_small(tmp_path / "published")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def held(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


ALL = sorted(f"{file}.gz" for file in FILES)


def test_files_are_fetched_once(published, cache, serve, small_source) -> None:
    folder = found_or_fetched(small_source(published, serve(published)), cache)
    assert folder == cache / "mnist"
    assert held(folder) == ALL
    assert len(read_folder(folder, small_source(published)).train) == 12
    without_mirrors = small_source(published, DEAD)
    assert found_or_fetched(without_mirrors, cache) == folder


def test_fetching_is_silent_away_from_a_terminal(
    published, cache, serve, small_source, capfd
) -> None:
    download(small_source(published, serve(published)), cache)
    assert capfd.readouterr() == ("", "")


def test_progress_is_shown_on_a_terminal(
    published, cache, serve, small_source, capsys, monkeypatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    download(small_source(published, serve(published)), cache)
    shown = capsys.readouterr()
    assert shown.out == ""
    for file in FILES:
        assert f"{file}.gz" in shown.err


def test_second_mirror_is_tried(tmp_path, published, cache, serve, small_source) -> None:
    (tmp_path / "bare").mkdir()
    mirrors = (DEAD, serve(tmp_path / "bare"), serve(published))
    download(small_source(published, *mirrors), cache)
    assert held(cache) == ALL


def test_only_missing_files_are_fetched(published, cache, serve, small_source) -> None:
    source = small_source(published, serve(published))
    download(source, cache)
    (cache / f"{TRAIN_LABELS}.gz").unlink()
    kept = cache / f"{FILES[0]}.gz"
    kept.write_bytes(b"not looked at")
    download(source, cache)
    assert held(cache) == ALL
    assert kept.read_bytes() == b"not looked at"


def test_wrong_checksum_is_refused_and_leaves_nothing(
    published, cache, serve, small_source
) -> None:
    source = small_source(published, serve(published))
    wrong = replace(source, md5=dict.fromkeys(FILES, "0" * 32))
    with pytest.raises(SpikefaError, match=r"has MD5 \w{32}, expected 0{32}"):
        found_or_fetched(wrong, cache)
    assert held(cache / "mnist") == []


def test_web_page_in_place_of_a_file_is_refused(
    tmp_path, published, cache, serve, small_source, write_small
) -> None:
    captive = write_small(tmp_path / "captive")
    for path in captive.iterdir():
        path.write_bytes(b"<html>please log in</html>")
    source = small_source(published, serve(captive), serve(published))
    download(source, cache)
    assert len(read_folder(cache, source).train) == 12


def test_offline_message_says_what_to_do_by_hand(published, cache, small_source) -> None:
    source = small_source(published, DEAD)
    with pytest.raises(SpikefaError, match="no connection") as caught:
        found_or_fetched(source, cache)
    message = str(caught.value)
    for file in FILES:
        assert f"{file}.gz (MD5 {source.md5[file]})" in message
    assert "\n" not in message
    assert isinstance(caught.value, FileNotFoundError)
    assert str(cache / "mnist") in message
    assert "SPIKEFA_DATA" in message


def test_missing_file_is_told_from_a_dead_mirror(
    tmp_path, published, cache, serve, small_source
) -> None:
    (tmp_path / "bare").mkdir()
    with pytest.raises(SpikefaError, match="404"):
        download(small_source(published, serve(tmp_path / "bare")), cache)


def test_fetching_into_a_root_folder(published, cache, serve, small_source) -> None:
    source = small_source(published, serve(published))
    assert fetched_into(cache, source) == cache / "mnist"
    assert fetched_into(published, source) == published, "a root that holds the files is enough"


def test_folder_that_cannot_be_made(tmp_path, published, serve, small_source) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpikefaError, match="cannot write"):
        download(small_source(published, serve(published)), tmp_path / "file" / "mnist")
