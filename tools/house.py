"""The rooms of the house for ARCHITECTURE.md: what each package says of itself, and the libraries to which it is the
only door.
"""

import ast
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

ROOTS = ("scanform", "review_ui")


def of_house(root: Path) -> dict[str, str]:
    """The table of rooms, by the name under which ARCHITECTURE.md quotes it."""
    doors = doors_of(tomllib.loads((root / "pyproject.toml").read_text("utf-8")))
    rows = [f"| `{place}` | {says(path)} | {', '.join(doors_in(place, doors))} |" for place, path in rooms(root)]
    return {"rooms": "\n".join(["", "| room | what is in it | the only door to |", "|---|---|---|", *rows, ""])}


def rooms(root: Path) -> list[tuple[str, Path]]:
    """Packages and the modules that stand beside them in `scanform/`, top down as they are written on disk."""
    packages = [
        path for name in ROOTS for path in sorted((root / name).rglob("__init__.py")) if "migrations" not in path.parts
    ]
    modules = sorted(path for path in (root / "scanform").glob("*.py") if path.name != "__init__.py")
    found = [(f"{path.parent.relative_to(root)}/", path) for path in packages if path.parent != root / "scanform"]
    return [*((str(path.relative_to(root)), path) for path in modules), *found]


def says(path: Path) -> str:
    """The first sentence of a module, without its full stop; raises ValueError when it says nothing."""
    words = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    if not words:
        raise ValueError(f"{path} does not say what it is")
    return " ".join(words.split("\n\n")[0].split()).removesuffix(".").replace("|", "or")


def doors_of(settings: dict[str, dict[str, dict[str, list[dict[str, object]]]]]) -> list[tuple[str, str]]:
    """(module pattern, library) of each permitted import of a library."""
    contracts = settings["tool"]["importlinter"]["contracts"]
    pairs = [str(line).split(" -> ") for one in contracts for line in _list(one.get("ignore_imports"))]
    return [(pattern, library) for pattern, library in pairs]


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def doors_in(place: str, doors: list[tuple[str, str]]) -> list[str]:
    """The libraries that only this room may import; a room's parent leaves those of its own rooms to them."""
    module = place.removesuffix("/").removesuffix(".py").replace("/", ".")
    return sorted(
        {
            library
            for pattern, library in doors
            if _owner(pattern) == module or (place.endswith(".py") and fnmatchcase(module, pattern))
        }
    )


def _owner(pattern: str) -> str:
    """The package in which the modules of a pattern stand."""
    return pattern.rpartition(".")[0].removesuffix(".*")
