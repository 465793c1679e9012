"""The notebook's verbs compute on one thread, and leave torch as they were given it."""

import charlens as cl
import pytest
import torch
from charlens.errors import CharlensError
from charlens.models import running
from charlens.runtime.threads import threads
from charlens.training.trainer import Trainer

BEFORE = 3  # threads of the user's own code


@pytest.fixture
def seen(monkeypatch):
    """Numbers of threads with which networks ran, while the user's own code has three."""
    numbers = []
    run, train = running._run, Trainer.run

    def noted(*arguments):
        numbers.append(torch.get_num_threads())
        yield from run(*arguments)

    def trained(self):
        numbers.append(torch.get_num_threads())
        return train(self)

    monkeypatch.setattr(running, "_run", noted)
    monkeypatch.setattr(Trainer, "run", trained)
    own = torch.get_num_threads()
    torch.set_num_threads(BEFORE)
    yield numbers
    torch.set_num_threads(own)


VERBS = {
    "train": lambda t, m: cl.train("rnn-1x4", t, epochs=1, device="cpu"),
    "train an n-NN": lambda t, m: cl.train("n-nn-1", t, epochs=1, widths=(2, 3), device="cpu"),
    "predict": lambda t, m: cl.predict(m, t),
    "predict a string": lambda t, m: cl.predict(m, "the"),
    "score": lambda t, m: m.score("the"),
    "activations": lambda t, m: cl.activations(m, t, "c"),
    "cells": lambda t, m: cl.cells(m, t).best("line_end"),
    "intervene": lambda t, m: cl.intervene(m, "the end", 3, "mean"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_uses_one_thread(seen, text, model, verb):
    VERBS[verb](text, model)
    assert seen
    assert set(seen) == {1}
    assert torch.get_num_threads() == BEFORE


def test_more_threads_where_they_are_asked_for(seen, text):
    cl.train("rnn-1x4", text, epochs=1, device="cpu", threads=2)
    assert seen == [2]
    assert torch.get_num_threads() == BEFORE


def test_what_fails_leaves_no_trace(seen, text, monkeypatch):
    def fail(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "run", fail)
    with pytest.raises(KeyboardInterrupt):
        cl.train("rnn-1x4", text, epochs=1, device="cpu")
    assert torch.get_num_threads() == BEFORE


@pytest.mark.parametrize("count", [0, -1, 1.5, "2", True, None])
def test_a_wrong_number(text, count):
    before = torch.get_num_threads()
    with pytest.raises(CharlensError, match="threads: expected a whole number from 1, found"):
        cl.train("rnn-1x4", text, epochs=1, threads=count)
    assert torch.get_num_threads() == before


def test_within_one_another(seen):
    with threads(2):
        with threads(1):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == BEFORE
