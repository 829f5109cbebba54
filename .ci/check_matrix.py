"""The workflows' matrices: every wheel is built by one runner, every part of .ci/run is run.

Usage: python .ci/check_matrix.py    (in the root, in an environment of the group "packages")

Prints the wheels of each runner by cibuildwheel's identifiers.
"""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import yaml

# What each runner is, and the systems that it builds for.
RUNNERS = {
    "ubuntu-latest": (("linux", "x86_64"), ["manylinux_x86_64", "musllinux_x86_64"]),
    "ubuntu-24.04-arm": (("linux", "aarch64"), ["manylinux_aarch64", "musllinux_aarch64"]),
    "macos-latest": (("macos", "arm64"), ["macosx_arm64"]),
    "macos-15-intel": (("macos", "x86_64"), ["macosx_x86_64"]),
    "windows-latest": (("windows", "AMD64"), ["win_amd64"]),
    "windows-11-arm": (("windows", "ARM64"), ["win_arm64"]),
}


def matrix_of(workflow, job):
    text = Path(".github/workflows", workflow).read_text()
    return yaml.safe_load(text)["jobs"][job]["strategy"]["matrix"]


def pythons():
    """Tags of the Python versions of the classifiers, and that of the newest without a GIL."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    pattern = r"Programming Language :: Python :: 3\.(\d+)"
    minors = [
        int(match[1]) for text in project["classifiers"] if (match := re.fullmatch(pattern, text))
    ]
    return {*(f"cp3{minor}" for minor in minors), f"cp3{max(minors)}t"}


def identifiers(runner):
    command = ["cibuildwheel", "--print-build-identifiers", "--platform", runner["platform"]]
    done = subprocess.run(
        [*command, "--archs", runner["archs"]], check=True, capture_output=True, text=True
    )
    return done.stdout.split()


def parts():
    """Those of .ci/run without arguments, and those that it leaves to the workflows."""
    text = Path(".ci/run").read_text()
    default = re.search(r"\|\| parts=\((.*)\)", text)[1].split()
    return set(default), set(re.findall(r"^part_(\w+)\(\)", text, flags=re.MULTILINE))


built = Counter()
runners = matrix_of("wheels.yml", "wheels")["include"]
for runner in runners:
    kind, _ = RUNNERS[runner["os"]]
    if (runner["platform"], runner["archs"]) != kind:
        sys.exit(f"{runner['os']} is {kind}, not for {runner['platform']}, {runner['archs']}")
    wheels = identifiers(runner)
    print(f"{runner['os']}: {' '.join(wheels)}")
    built.update(wheels)
systems = [system for _, built_for in RUNNERS.values() for system in built_for]
wanted = {f"{python}-{system}" for python in pythons() for system in systems}
if problems := [
    *(f"{wheel} is built {n} times" for wheel, n in built.items() if n > 1),
    *(f"{wheel} is not built" for wheel in sorted(wanted - set(built))),
    *(f"{wheel} is built, but nothing asks for it" for wheel in sorted(set(built) - wanted)),
]:
    sys.exit("\n".join(problems))
print(f"{len(built)} wheels, each by one runner")

smoke = matrix_of("wheels.yml", "smoke")["os"]
if set(smoke) != {runner["os"] for runner in runners}:
    sys.exit("the wheels are not installed on the systems on which they are built")

default, known = parts()
run = set(matrix_of("ci.yml", "linux")["part"])
if run != default:
    sys.exit(f"ci.yml and .ci/run have different parts: {sorted(run ^ default)}")
if not run <= known:
    sys.exit(f"these parts are not in .ci/run: {sorted(run - known)}")
