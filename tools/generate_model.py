"""Writes ocpp_core/v*/ and ocpp_core/model/secret_names.py from schemas/, wsdl/ and tools/tables/.

python tools/generate_model.py           writes what has changed
python tools/generate_model.py --check   writes nothing; exit 1 and a list if anything would change
"""

import argparse
import subprocess
import sys
from pathlib import Path

from modelgen.emit import emit
from modelgen.load import ROOT, VERSIONS, load_version
from modelgen.secrets import emit_names


def generate() -> dict[Path, str]:
    """Every generated file with its text."""
    versions = [load_version(version) for version in VERSIONS]
    files = {ROOT / "ocpp_core" / "model" / "secret_names.py": emit_names(versions)}
    for facts in versions:
        for name, text in emit(facts).items():
            files[ROOT / "ocpp_core" / facts.package / name] = text
    return dict(zip(files, _format(files), strict=True))


def _format(files: dict[Path, str]) -> list[str]:
    """All texts laid out by ruff, as the rest of the project is."""
    return [
        _ruff(["check", "--fix-only", "--select", "I"], path, _ruff(["format"], path, text))
        for path, text in files.items()
    ]


def _ruff(command: list[str], path: Path, text: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--quiet", "--stdin-filename", str(path), "-"],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"ruff refuses {path}:\n{done.stderr}{done.stdout}")
    return done.stdout


def main() -> int:
    """Runs the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        description="Writes ocpp_core/v*/ from schemas/, wsdl/ and tools/tables/."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything would change")
    check = parser.parse_args().check
    files = generate()
    changed = [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
    surplus = [
        path
        for package in {path.parent for path in files if path.name == "actions.py"}
        for path in package.glob("*.py")
        if path not in files
    ]
    for path in [*changed, *surplus]:
        print(("would change " if check else "wrote ") + str(path.relative_to(ROOT)))
    if check:
        return 1 if changed or surplus else 0
    for path in changed:
        path.parent.mkdir(exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
    for path in surplus:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
