"""CITATION.cff keeps what version 1.2.0 of its schema demands, and names the papers."""

import re

import yaml

from spikefa.runs.studies.targets import PAPERS
from tests.helpers.processes import REPOSITORY

CITATION = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text("utf-8"))
FIELDS = {
    *("abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi"),
    *("identifiers", "keywords", "license", "license-url", "message", "preferred-citation"),
    *("references", "repository", "repository-artifact", "repository-code", "title", "type"),
    *("url", "version"),
}
"""All that a file may have at its top, by the schema, which allows no others."""
KINDS = {"article", "book", "conference-paper", "generic", "manual", "report", "unpublished"}
"""Some of the types of references that the schema knows."""


def check_authors(authors):
    assert authors
    for author in authors:  # a person or an entity
        assert set(author) <= {"family-names", "given-names", "orcid"} or set(author) == {"name"}
        assert all(isinstance(value, str) and value for value in author.values())


def test_the_file_has_what_the_schema_requires_and_nothing_unknown():
    assert {"cff-version", "message", "title", "authors"} <= set(CITATION) <= FIELDS
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] == "software"
    check_authors(CITATION["authors"])
    assert len(set(CITATION["keywords"])) == len(CITATION["keywords"])


def test_each_reference_has_type_title_and_authors():
    for reference in CITATION["references"]:
        assert {"type", "title", "authors"} <= set(reference)
        assert reference["type"] in KINDS
        check_authors(reference["authors"])
        if "doi" in reference:
            assert re.fullmatch(r"10\.\d{4,9}/\S+", reference["doi"])
        assert isinstance(reference.get("year", 2000), int)


def test_every_paper_of_the_experiments_is_there():
    papers = {folder for folder, name in PAPERS.values() if "no paper" not in name}
    assert len(CITATION["references"]) == len(papers) == 6
    given = [
        (author.get("family-names", "").lower(), reference.get("year"))
        for reference in CITATION["references"]
        for author in reference["authors"][:1]
    ]
    dated = {f"{name}{year}" for name, year in given if name}
    assert dated == papers - {"strategies"}


def test_the_version_stands_in_one_place():
    """A second one here would be forgotten at the next release."""
    assert "version" not in CITATION
    assert 'dynamic = ["version"]' in (REPOSITORY / "pyproject.toml").read_text("utf-8")


def test_the_readme_says_that_no_licence_was_chosen_as_long_as_there_is_none():
    licensed = [*REPOSITORY.glob("LICEN*"), *(["license"] if "license" in CITATION else [])]
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    assert not licensed
    assert "**Licence**: it is the owner's to choose" in readme
