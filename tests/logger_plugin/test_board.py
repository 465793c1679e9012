"""How long a run may still take."""

import re

import pytest
from snakemake_logger_plugin_charlens import board as boards
from snakemake_logger_plugin_charlens.board import Board, Job
from workflow_runs import ROOT


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets: ``clock[0]``, seconds."""
    now = [0.0]
    monkeypatch.setattr(boards.time, "monotonic", lambda: now[0])
    return now


def job(rule: str, model: str = "", log: str = "missing.log") -> Job:
    wildcards = {"corpus": "prose", "model": model} if model else {}
    return Job(rule, wildcards, [log], [])


def test_a_job_is_called_by_what_it_is_about() -> None:
    assert job("train", "lstm-1x8").title == job("train", "lstm-1x8").about == "prose lstm-1x8"
    assert job("probabilities", "lstm-1x8").about == "score prose lstm-1x8"
    assert job("draw_figure6_bars").about == "draw figure6_bars"
    assert job("paper_vs_ours").about == "paper vs ours"
    assert Job("n_gram_probabilities", {"corpus": "prose"}, [], []).title == "prose n-grams"
    again = {"corpus": "prose", "seed": "2", "model": "lstm-1x8"}
    assert Job("train_seed", again, [], []).title == "prose lstm-1x8 seed 2"


def test_what_a_job_does_is_said_in_words() -> None:
    assert Job("n_gram_probabilities", {"corpus": "x"}, [], []).about == "score x n-grams"
    assert Job("fit_n_gram", {"corpus": "x"}, [], []).about == "count x n-grams"
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    named = re.findall(r"^(?:use rule \w+ as|rule) (\w+)", rules, re.MULTILINE)
    assert len(named) > 30
    for rule in named:
        about = job(rule, "lstm-1x8").about
        assert about.partition("prose lstm-1x8")[1], about
        assert "_" not in about
        assert not re.search(r"\bn (gram|nn)\b", about), about


def test_targets_are_no_jobs() -> None:
    board = Board()
    board.plan([("all", 0), ("study", 0), ("figure1", 0), ("draw_figure1_left", 0), ("train", 8)])
    assert (board.total, board.trainings()) == (2, 1)
    board.start(0, job("all"))
    assert board.finish(0) is None
    assert board.done == 0


def test_every_target_of_the_workflow_is_known() -> None:
    """Rules in the Snakefile itself only name what is to be made."""
    targets = re.findall(r"^rule (\w+):", (ROOT / "Snakefile").read_text(), re.MULTILINE)
    assert len(targets) > 10
    assert [rule for rule in targets if not boards.is_target(rule)] == []


def test_every_rule_that_trains_is_known() -> None:
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    named = re.findall(r"^(?:use rule \w+ as|rule) (train\w*)", rules, re.MULTILINE)
    assert sorted(named) == sorted(boards.TRAININGS)


def test_the_time_of_larger_networks_is_estimated_by_that_of_smaller_ones(clock) -> None:
    board = Board()
    board.plan([("train", 16), ("train", 64), ("probabilities", 64), ("probabilities", 16)])
    assert board.seconds_left() is None  # nothing is known of trainings yet
    board.start(1, job("train", "lstm-1x16"))
    clock[0] = 10.0
    assert board.finish(1).title == "prose lstm-1x16"
    assert board.seconds_left() == pytest.approx(10 * 4**1.5 + 2 * 3)
    board.cores = 2
    assert board.seconds_left() == pytest.approx((10 * 4**1.5 + 2 * 3) / 2)
    board.start(2, job("train", "lstm-3x64"))
    board.start(3, job("probabilities", "lstm-1x16"))
    clock[0] = 15.0
    board.finish(3)
    assert board.seconds_left() == pytest.approx(5 / 2)  # one scoring; no word of the training
    board.finish(2)
    board.start(4, job("probabilities", "lstm-3x64"))
    board.finish(4)
    assert board.seconds_left() == 0
    assert board.done == 4


def test_jobs_of_a_kind_that_has_not_run_take_what_others_take_on_this_machine(clock) -> None:
    board = Board()
    new = ["closings", "table2", "memory", "draw_figure4"]
    board.plan([("prepare_corpus", 0), ("copied", 0), ("search_cells", 0)] + [(r, 0) for r in new])
    assert board.seconds_left() == pytest.approx(7 * 3)
    for number, (rule, seconds) in enumerate(
        [("prepare_corpus", 20.0), ("copied", 30.0), ("search_cells", 400.0)]
    ):
        board.start(number, job(rule, ""))
        clock[0] += seconds
        board.finish(number)
    assert board.seconds_left() == pytest.approx(4 * 25)  # one that takes long counts for itself
    board.start(9, job("train_n_nn", "n-nn-1"))
    clock[0] += 5000.0
    board.finish(9)
    assert board.seconds_left() == pytest.approx(4 * 25)  # a training says nothing of the others


def test_what_a_log_says_of_a_job_counts_and_is_carried_forward(clock, tmp_path) -> None:
    log = tmp_path / "a.log"
    log.write_text("x: 20%, 5 bytes/s, 0:40 left, loss 2.5\n")
    board = Board()
    board.plan([("train", 8), ("train_watched", 8)])
    clock[0] = 100.0
    board.start(1, job("train", "rnn-1x8", str(log)))
    clock[0] = 110.0
    assert board.seconds_left() == pytest.approx(40 + 50)  # 10 s are over, so one takes 50
    clock[0] = 130.0
    progress = board.running[1].progress()
    assert (progress.share, progress.left) == pytest.approx((0.2 + 0.8 / 2, 20))
    clock[0] = 200.0
    assert board.running[1].progress().share == 1.0
    board.fail(1)
    board.start(1, job("train", "rnn-1x8", str(log)))  # again: it is not counted twice
    assert board.trainings() == 1


def test_without_a_plan_snakemakes_counts_serve() -> None:
    board = Board()
    board.plan_counts({"train": 2, "all": 1, "total": 3})
    assert board.total == 2
    board.start(1, job("train", "rnn-1x8"))
    assert board.trainings() == 1
