"""Looks whether the code suits the other supported versions of Python that are installed here: quickly, without their
packages.

    python tools/other_pythons.py

For each of python3.11, python3.12 and python3.13 that is found on the PATH or in ~/.pyenv/versions, but the one that
runs this:

1. every file is compiled, and a warning of the compiler is an error; 2. every name that the code imports from the
standard library is there; 3. every module is imported whose packages that interpreter has (without any: the model, the
errors, and what builds on them only).

Where there is a virtual environment .venv-3.12 (made by `python3.12 -m venv .venv-3.12` and `pip install -e ".[dev]"`),
its Python is taken, so that all modules are imported, and the tests are collected with it. What only shows when a test
runs is not found out here.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13")
ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("scanform", "review_ui", "tests", "bench", "tools")

LOOK = """
import ast, importlib, pathlib, sys, warnings
warnings.simplefilter("error")
known, wrong, whole, missing = set(), [], 0, set()
for room in sys.argv[1:]:
    for path in sorted(pathlib.Path(room).rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        text = path.read_text("utf-8")
        try:
            compile(text, str(path), "exec", dont_inherit=True)
        except (SyntaxError, Warning) as problem:
            wrong.append(f"{path}: {problem}")
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                known |= {(alias.name, "") for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                known |= {(node.module, alias.name) for alias in node.names}
warnings.simplefilter("default")
for module, name in sorted(known):
    if module.split(".")[0] not in sys.stdlib_module_names or module == "__future__":
        continue
    try:
        found = importlib.import_module(module)
        if name and name != "*" and not hasattr(found, name):
            importlib.import_module(f"{module}.{name}")
    except ImportError as problem:
        wrong.append(f"standard library: {module} {name}: {problem}")
for room in sys.argv[1:3]:
    for path in sorted(pathlib.Path(room).rglob("*.py")):
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        if path.name == "__main__.py" or "migrations" in path.parts or "programs" in path.parts:
            continue
        try:
            importlib.import_module(name)
            whole += 1
        except ModuleNotFoundError as problem:
            package = (problem.name or "").split(".")[0]
            if package in sys.stdlib_module_names or package in sys.argv[1:3]:
                wrong.append(f"{name}: {problem}")
            else:
                missing.add(package)
        except Exception as problem:
            wrong.append(f"{name}: {type(problem).__name__}: {problem}")
print("\\n".join(wrong), file=sys.stderr, end="\\n" if wrong else "")
print(f"{sys.version.split()[0]}: all files compiled, {whole} modules imported" + (f", without {', '.join(sorted(missing))}" if missing else ""))
sys.exit(bool(wrong))
"""


def interpreters() -> dict[str, Path]:
    """The other versions that are installed, version -> interpreter; their own environment with all packages where
    there is one.
    """
    found = {}
    for version in VERSIONS:
        if version == "{}.{}".format(*sys.version_info):
            continue
        places = [
            ROOT / f".venv-{version}/bin/python",
            *sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python")),
        ]
        on_path = shutil.which(f"python{version}")
        places += [Path(on_path)] if on_path else []
        there = next((place for place in places if _runs(place)), None)
        if there:
            found[version] = there
    return found


def _runs(python: Path) -> bool:
    return (
        python.exists()
        and subprocess.run([python, "-c", "import sys"], capture_output=True, check=False).returncode == 0
    )


def check(version: str, python: Path) -> bool:
    """Whether the code suits an interpreter; says what does not."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONPATH": str(ROOT)}
        fine = subprocess.run([python, "-c", LOOK, *ROOMS], cwd=ROOT, env=environment, check=False).returncode == 0
        if python.is_relative_to(ROOT):
            collected = subprocess.run(
                [python, "-m", "pytest", "--collect-only", "-q"],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.DEVNULL,
                check=False,
            )
            print(f"{version}: the tests {'are' if collected.returncode == 0 else 'CANNOT BE'} collected")
            fine = fine and collected.returncode == 0
    return fine


def main() -> int:
    """Check all that are installed; the exit status is 1 when something does not suit."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    found = interpreters()
    if not found:
        print("no other version of Python is installed here: nothing checked")
    suited = [check(version, python) for version, python in found.items()]
    return 0 if all(suited) else 1


if __name__ == "__main__":
    sys.exit(main())
