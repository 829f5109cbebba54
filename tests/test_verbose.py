"""What `verbose` prints."""

import re

import pytest

from sklearn_mlp import MLPLogisticClassifier

ignore_convergence = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@ignore_convergence
def test_verbose_prints_an_aligned_line_for_every_epoch(capsys):
    X, y = [[3, 2], [1, 6], [2, 1], [0, 7]], [1, 0, 1, 0]
    model = MLPLogisticClassifier(2, max_iter=12, verbose=True, random_state=0).fit(X, y)
    model.partial_fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition(", ")[0] for line in lines[:12]] == [
        f"Epoch {i:2d}/12, loss {loss:10.6f}" for i, loss in enumerate(model.loss_curve_, 1)
    ]
    assert len({len(line) for line in lines[:12]}) == 1
    seconds = [float(re.search(r", +([0-9.]+) s$", line)[1]) for line in lines[:12]]
    assert seconds == sorted(seconds)
    assert lines[12:] == [f"Visit 52, loss {model.loss_:10.6f}"]
    model.set_params(early_stopping=True, n_iter_no_change=1, max_iter=9, tol=0.5).fit(X, y)
    *lines, last, kept = capsys.readouterr().out.splitlines()
    assert len(lines) == model.n_iter_ < 9
    assert f", validation score {model.validation_scores_[1]:10.6f}, " in lines[1]
    assert kept == f"The weights are those of epoch {model.best_iter_}."
    assert last.startswith("Validation score did not improve more than tol=0.500000 for 1 consec")
    model.set_params(verbose=False).fit(X, y)
    assert capsys.readouterr().out == ""


@ignore_convergence
def test_verbose_can_print_every_nth_epoch_and_the_last(capsys):
    X, y = [[3, 2], [1, 6], [2, 1], [0, 7]], [1, 0, 1, 0]
    model = MLPLogisticClassifier(2, max_iter=11, verbose=4, n_init=2, random_state=0).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    starts = [line.split(",")[0] + "," + line.split(",")[1] for line in lines]
    assert starts == [f"Restart {r}/2, epoch {e:2d}/11" for r in (1, 2) for e in (4, 8, 11)]
    # A stop before the last epoch prints the line of the epoch that it came after.
    model.set_params(n_init=1, early_stopping=True, tol=2.0, n_iter_no_change=1, verbose=100)
    model.fit(X, y)
    assert model.n_iter_ < 11
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines[:-2]] == [f"Epoch {model.n_iter_:2d}/11"]
