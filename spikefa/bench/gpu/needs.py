"""What has to be there before anything starts, told by looking for it without importing it."""

from importlib.util import find_spec

from spikefa.errors import require

PACKAGES = {
    "torch": "torch",
    "triton": "triton",
    "numpy": "numpy",
    "h5py": "h5py",
    "matplotlib": "matplotlib",
    "sklearn": "scikit-learn",
    "scipy": "scipy",
    "yaml": "PyYAML",
    "snntorch": "snntorch",
    "jsonargparse": "jsonargparse",
    "docstring_parser": "docstring-parser",
    "typeshed_client": "typeshed-client",
    "pooch": "pooch",
    "platformdirs": "platformdirs",
    "rich": "rich",
    "pytest": "pytest",
}
"""Packages that the parts import, and those that these import: module to name for pip."""
LINKED = ("models", "experiments")
"""Folders of the repository to which there are links in the folder of the package."""


def missing_packages() -> list[str]:
    """Return the names for pip of the packages that Python does not find."""
    return [name for module, name in PACKAGES.items() if find_spec(module) is None]


def require_all() -> None:
    """Refuse to start where something is missing, and name all of it.

    Raises
    ------
    SpikefaError
        If packages are missing, or the links of the checkout were lost when it was copied.
    """
    missing = missing_packages()
    require(
        not missing,
        f"missing: {', '.join(missing)}; install them, or where nothing can be downloaded unpack "
        "their wheels into a folder and name it: PYTHONPATH=FOLDER make gpu",
    )
    lost = [name for name in LINKED if find_spec(f"spikefa.{name}") is None]
    require(
        not lost,
        f"the checkout has lost its links: in the folder spikefa, link {' and '.join(lost)} to the "
        "folders of these names beside it",
    )
