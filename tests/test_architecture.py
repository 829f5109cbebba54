"""Which part of the package may import which: read from the sources."""

import ast
import re
import traceback
import warnings
from pathlib import Path

import pytest

import sklearn_mlp
from sklearn_mlp._training.losses import LOSSES
from sklearn_mlp._training.schedules import SCHEDULES

PACKAGE = Path(sklearn_mlp.__file__).parent
PARTS = ("_inspection", "_kernel", "_training")  # folders; every other module is a part of its own

# What a part must not import, directly.
NEVER = {
    "_kernel": {"_classifier", "_training", "_inspection", "_validation", "_persistence"},
    "_training": {"_classifier", "_inspection", "_persistence", "_reference"},
    "_validation": {"_classifier", "_training", "_kernel", "_inspection", "_persistence"},
    "_persistence": {"_classifier", "_inspection", "_reference"},
    "_classifier": {"_reference", "_inspection", "_export_c", "onnx"},
    "_export_c": {"_training"},
    "onnx": {"_training"},
}


def part_of(module):
    """The part of a dotted name inside the package."""
    return module.split(".")[0]


def modules():
    """Dotted name inside the package, and source, of every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        yield name.removesuffix(".__init__"), path.read_text()


def imports(name, source, *, is_package):
    """Modules of the package that a module imports, as dotted names inside the package."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = ["sklearn_mlp", *name.split(".")]
            base = parents[: len(parents) - node.level + is_package] if node.level else []
            base = ".".join([*base, *([node.module] if node.module else [])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    inside = {entry.removeprefix("sklearn_mlp.") for entry in found if "sklearn_mlp." in entry}
    known = {module for module, _ in modules()} | set(PARTS)
    return {entry for entry in inside if entry in known} - {name}


@pytest.fixture(scope="module")
def arrows():
    """For each module, the modules that it imports."""
    folders = {path.parent.name for path in PACKAGE.rglob("__init__.py")}
    return {name: imports(name, source, is_package=name in folders) for name, source in modules()}


def test_the_imports_are_found(arrows):
    assert "_kernel.packed" in arrows["_classifier"]
    assert "_training.targets" in arrows["_training.data"]
    assert "_reference" in arrows["_inspection.trace"]
    assert "_classifier" in arrows["_export_c"]
    assert "_classifier" in arrows["__init__"]


def test_no_part_imports_one_that_it_must_not(arrows):
    wrong = {
        f"{module} imports {other}"
        for module, others in arrows.items()
        for other in others
        if part_of(other) in NEVER.get(part_of(module), ())
        # The reference stands alone, so that it can be read alone.
        or part_of(module) == "_reference"
    }
    assert not wrong


def test_no_module_imports_itself_by_a_detour(arrows):
    def reachable(module, seen):
        for other in arrows[module] - seen:
            seen.add(other)
            reachable(other, seen)
        return seen

    assert [module for module in arrows if module in reachable(module, set())] == []


def test_private_names_of_scikit_learn_are_in_one_module():
    wrong = []
    for name, source in modules():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sklearn"):
                private = [a.name for a in node.names if a.name.startswith("_")]
                private += [p for p in node.module.split(".") if p.startswith("_")]
                if private and name != "_sklearn":
                    wrong.append((name, private))
    assert not wrong


def test_names_of_variants_are_compared_in_their_tables_only():
    # Elsewhere a comparison has a silent `else`, into which a new variant would fall.
    variants = {*LOSSES, *SCHEDULES}
    wrong = []
    for name, source in modules():
        if name == "_reference":  # an oracle has formulas of its own, and raises at the end
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Compare | ast.match_case):
                compared = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
                wrong += [(name, word) for word in compared & variants]
    assert not wrong


def is_self(node):
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def test_no_module_uses_an_underscored_member_of_another():
    # Methods of named tuples are public, and the last one by scikit-learn's guide.
    allowed = {"_asdict", "_fields", "_make", "_replace", "_init_callback_context"}
    wrong = []
    for name, source in modules():
        attributes = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Attribute)]
        own = {node.attr for node in attributes if is_self(node.value)}
        wrong += [
            (name, ast.unparse(node))
            for node in attributes
            if re.match("_[^_]", node.attr)
            and node.attr not in allowed | own
            and name != "_sklearn"
        ]
    assert not wrong


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_the_kernel_is_four_frames_away(method, spy_on_kernel):
    frames = []

    def observe(**_):
        frames.append([frame.name for frame in traceback.extract_stack()][:-1])

    spy_on_kernel(train=observe)
    model = sklearn_mlp.MLPLogisticClassifier(2, max_iter=1, random_state=0)
    arguments = {} if method == "fit" else {"classes": [0, 1]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        getattr(model, method)([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1], **arguments)
    (names,) = frames
    assert names[-1] == "observed"
    # The method itself is the innermost of its name: decorators of scikit-learn are around it.
    own = len(names) - 1 - names[::-1].index(method)
    assert len(names) - 1 - own <= 4
