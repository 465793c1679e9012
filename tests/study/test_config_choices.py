"""Which models the figures show, and what is said of names that are not there."""

import pytest
import yaml
from charlens.errors import CharlensError
from charlens.inside.interventions.clamps import MODES
from charlens.models import catalogue
from charlens.models.families import build_model, shapes_for
from charlens.models.recurrent.cells import CELLS
from charlens.study.choices import (
    activation_dumps,
    audited_corpora,
    closed_corpora,
    compared_corpora,
    compared_networks,
    compressed_corpora,
    evidence_models,
    explorer_models,
    few_streams,
    figure2_models,
    figure3_models,
    interventions,
    scored_models,
    watched,
)
from charlens.study.config import Config
from charlens.study.default_study import GridBlock
from charlens.study.sections.inside import Intervention
from workflow_runs import ROOT

PROSE, CODE = {"source": {"builtin": "python_docs"}}, {"source": {"builtin": "torch_headers"}}


def grid(*blocks):
    return [{"cells": c.split(), "layers": layers, "sizes": sizes} for c, layers, sizes in blocks]


def study(prose=None, code=None, **more):
    """Two corpora with grids of their own; the one of code is optional."""
    everything = grid(("rnn lstm gru", [1, 2, 3], [64, 128]))
    corpora = {"prose": PROSE | {"grid": everything if prose is None else prose}}
    if code is not None:
        corpora["code"] = CODE | {"grid": code}
    base = {"run": "test", "corpora": corpora, "n_nn": {"contexts": [1, 3]}}
    return Config.load(base | more)


def with_streams(batch, **more):
    return study(training={"batch": batch}, **more)


def test_cells_are_judged_and_set_only_where_there_are_streams_for_it():
    """Halves to choose on and to judge on, as the analyses themselves ask for."""
    for batch, judged, set_ in ((1, False, False), (2, True, False), (3, True, False),
                                (4, True, True)):  # fmt: skip
        config = with_streams(batch)
        assert bool(evidence_models(config)) == judged
        assert bool(interventions(config)) == set_
        left_out = [note.partition(":")[0] for note in few_streams(config)]
        assert left_out == ["cells"] * (not judged) + ["interventions"] * (not set_)
        assert explorer_models(config)
    assert few_streams(with_streams(1, figure2={"models": {}})) == ()
    assert few_streams(with_streams(3, interventions=[])) == ()


def test_networks_named_for_these_need_the_streams():
    named = {"cells": {"models": {"prose": ["lstm-1x64"]}}}
    assert evidence_models(with_streams(2, **named))
    with pytest.raises(CharlensError, match=r"training.batch: found 1, expected 2 or more, which"):
        with_streams(1, **named)
    named = {"interventions": [{}, {"corpus": "prose"}]}
    assert interventions(with_streams(4, **named))
    with pytest.raises(CharlensError, match=r"found 3, expected 4 or more, .* interventions\[1\]"):
        with_streams(3, **named)


def test_figure_2_takes_the_largest_lstm_of_each_corpus():
    config = study(code=grid(("lstm", [1], [512]), ("gru", [3], [512]), ("lstm", [2], [256])))
    assert figure2_models(config) == {"prose": "lstm-3x128", "code": "lstm-1x512"}


def test_figure_2_leaves_out_corpora_without_an_lstm():
    assert figure2_models(study(code=grid(("gru", [1], [8])))) == {"prose": "lstm-3x128"}
    assert figure2_models(study(prose=grid(("rnn", [1], [8])))) == {}


def test_figure_2_takes_what_the_config_names():
    config = study(code=grid(("gru", [1], [8])), figure2={"models": {"code": "gru-1x8"}})
    assert figure2_models(config) == {"code": "gru-1x8"}
    assert figure2_models(study(figure2={"models": {}})) == {}
    config = study(figure2={"models": {"prose": "rnn-1x64"}})
    assert figure2_models(config) == {"prose": "rnn-1x64"}


def of_interventions(**options):
    """Corpus -> model -> number of controls."""
    chosen = interventions(study(**options))
    return {
        corpus: {model: entry.controls for model, entry in models.items()}
        for corpus, models in chosen.items()
    }


def test_interventions_are_on_the_networks_of_figure_2():
    code = grid(("gru", [1], [8]))
    assert of_interventions(code=code) == {"prose": {"lstm-3x128": 50}}
    assert of_interventions(code=code, interventions=[]) == {}
    assert of_interventions(prose=code) == {}
    shown = {"models": {"code": "gru-1x8"}}
    assert of_interventions(code=code, figure2=shown) == {"code": {"gru-1x8": 50}}


def test_what_names_a_network_counts_more_than_what_does_not():
    of_prose = {"corpus": "prose", "controls": 7}
    named = {"corpus": "prose", "model": "gru-1x64", "controls": 9, "cells": [[1, 0]]}
    entries = [named, of_prose, {"controls": 5}]
    expected = {"prose": {"lstm-3x128": 7, "gru-1x64": 9}, "code": {"lstm-1x8": 5}}
    chosen = of_interventions(code=grid(("lstm", [1], [8])), interventions=entries)
    assert chosen == expected


def test_modes_of_the_config_are_those_of_the_library():
    schema = Intervention.model_json_schema()["properties"]["modes"]["items"]["enum"]
    assert sorted(schema) == sorted(MODES)


def test_figure_3_takes_the_deepest_of_the_first_corpus_that_has_them():
    both = grid(("gru lstm", [1], [512]), ("lstm", [2], [64, 128]), ("gru", [3], [64]))
    assert figure3_models(study(both)) == ("prose", ("lstm-2x128", "gru-3x64"))
    config = study(grid(("rnn", [3], [64])), both)
    assert figure3_models(config) == ("code", ("lstm-2x128", "gru-3x64"))
    assert figure3_models(study(grid(("gru rnn", [2], [64])), both)) == ("prose", ("gru-2x64",))


def test_figure_3_takes_what_the_config_names():
    config = study(code=grid(("lstm gru", [1], [8])), figure3={"corpus": "code"})
    assert figure3_models(config) == ("code", ("lstm-1x8", "gru-1x8"))
    config = study(figure3={"models": ["gru-1x64", "lstm-2x64"]})
    assert figure3_models(config) == ("prose", ("gru-1x64", "lstm-2x64"))


def test_figure_3_of_a_study_without_gates():
    assert figure3_models(study(grid(("rnn", [1], [8])))) == ("prose", ())


def test_dynamics_takes_a_named_model_of_any_cell_from_the_first_corpus_that_has_it():
    both = {"prose": grid(("lstm", [1], [8])), "code": grid(("gru lstm", [1], [8]))}
    first = watched(study(**both))
    assert (first.corpus, first.model) == ("prose", "lstm-1x8")
    named = watched(study(**both, figure5={"dynamics": {"model": "gru-1x8"}}))
    assert (named.corpus, named.model) == ("code", "gru-1x8")
    for figure3 in ({"corpus": "code"}, {"corpus": "prose"}):  # which is no business of Figure 5
        again = study(**both, figure3=figure3, figure5={"dynamics": {"model": "gru-1x8"}})
        assert watched(again) == named


def test_dynamics_takes_the_largest_lstm_for_the_best_is_not_known_yet():
    two = grid(("lstm", [1], [128]), ("lstm", [3], [64]), ("gru", [2], [512]))
    assert watched(study(prose=two)).model == "lstm-1x128"


def test_figures_4_and_5_compare_the_network_that_the_config_names():
    both = {"prose": grid(("lstm", [1, 2], [8])), "code": grid(("lstm gru", [1], [8]))}
    for network in ("best", "deepest", "lstm-1x8"):
        named = study(**both, figure4={"network": network})
        assert compared_corpora(named) == ("prose", "code")
    named = study(**both, figure4={"network": "lstm-2x8"})
    assert (compared_corpora(named), closed_corpora(named)) == (("prose",), ("prose", "code"))
    named = study(**both, figure5={"network": "lstm-2x8"})
    assert (compared_corpora(named), closed_corpora(named)) == (("prose", "code"), ("prose",))


def test_the_default_compares_the_best_network_and_the_paper_its_deepest():
    for name, network, model in (("", "best", "lstm-1x128"), (".paper", "deepest", "lstm-3x512")):
        config = Config.load(yaml.safe_load((ROOT / f"config{name}.yaml").read_text()))
        assert config.figure4.network == config.figure5.network == network
        assert watched(config).model == model


def test_what_the_config_knows_of_cells_is_what_they_are():
    cells = GridBlock.model_json_schema()["properties"]["cells"]["items"]["enum"]
    assert list(catalogue.CELLS) == cells
    assert set(CELLS) == {name for name in cells if catalogue.grid_family(name) == "recurrent"}
    for name, cell in CELLS.items():
        layer = cell(models=1, width=2, batch=1, steps=1, device="cpu")
        assert set(layer.quantities()) == set(catalogue.CELLS[name].quantities)
        assert layer.facts.gates.keys() <= set(layer.facts.blocks) & layer.quantities().keys()
        assert bool(layer.facts.gates) == (name in catalogue.gated_cells())
    for name in {*cells} - {*CELLS}:
        (shape,) = shapes_for(f"{name}-1x8", 9)
        (layer,) = build_model(shape, batch=1, steps=1).quantities()
        assert set(layer) == set(catalogue.CELLS[name].quantities)
    assert catalogue.gated_cells() == ("lstm", "gru", "lstm_adamw", "mingru")


def test_nothing_is_kept_unless_asked():
    assert study().activations == ()
    (dump,) = study(activations=[{"corpus": "prose", "model": "gru-1x64"}]).activations
    assert (dump.quantities, dump.positions) == (None, None)


DUMP = {"corpus": "prose", "model": "lstm-1x64"}


@pytest.mark.parametrize(
    ("section", "values", "words"),
    [
        ("activations", [DUMP | {"corpus": "verse"}],
         ["activations", "0", ".corpus:", "'verse'", "expected one of the corpora: prose"]),
        ("activations", [DUMP | {"quantities": []}], ["activations[0].quantities:", "non-empty"]),
        ("activations", [DUMP | {"quantities": ["h", "h"]}],
         ["activations[0].quantities:", "each value once"]),
        ("activations", [DUMP | {"positions": [5, 5]}],
         ["activations[0].positions:", "increasing order"]),
        ("activations", [DUMP | {"positions": [-1, 5]}],
         ["activations[0].positions[0]:", "found -1"]),
        ("activations", [DUMP | {"layers": [1]}], ["activations[0].layers:", "unknown key"]),
        ("activations", [{"corpus": "prose"}], ["activations[0].model:", "missing"]),
        ("interventions", [{"corpus": "verse"}], ["interventions[0].corpus:", "'verse'", "prose"]),
        ("interventions", [{"model": "lstm-1x64"}],
         ["interventions[0].model:", "expected its corpus too"]),
        ("interventions", [{"corpus": "prose", "model": "n-nn-1"}],
         ["interventions[0].model:", "cannot be set, of prose: rnn-1x64, "]),
        ("interventions", [{"cells": [[1, 2]]}], ["interventions[0].cells:", "the corpus and"]),
        ("interventions", [{"corpus": "prose", "model": "lstm-1x64", "cells": [[0, 2]]}],
         ["interventions[0].cells[0][0]:", "found 0"]),
        ("interventions", [{"modes": ["median"]}], ["interventions[0].modes[0]:", "'median'"]),
        ("interventions", [{"corpus": "prose"}, {"corpus": "prose"}],
         ["interventions[1]:", "each model once"]),
        ("interventions", [{"control": 3}], ["interventions[0].control:", "controls?"]),
        ("figure2", {"models": {"verse": "lstm-1x64"}},
         ["figure2.models:", "'verse'", "expected one of the corpora: prose"]),
        ("figure2", {"models": {"prose": "lstm-1x65"}},
         ["figure2.models.prose:", "'lstm-1x65'", "a recurrent model of prose"]),
        ("figure2", {"models": {"prose": "n-nn-3"}},
         ["figure2.models.prose:", "'n-nn-3'", "a recurrent model of prose: rnn-1x64, "]),
        ("figure2", {"model": "lstm-1x64"}, ["figure2.model:", "did you mean models?"]),
        ("figure3", {"corpus": "verse"}, ["figure3.corpus:", "'verse'", "prose"]),
        ("figure3", {"models": ["lstm-1x64", "lstm-5x64"]},
         ["figure3.models[1]:", "'lstm-5x64'", "or a minGRU (cells with gates) of prose"]),
        ("figure3", {"models": ["n-nn-1"]},
         ["figure3.models[0]:", "'n-nn-1'", "an AdamW LSTM or a minGRU"]),
        ("figure3", {"models": ["rnn-1x64"]},
         ["figure3.models[0]:", "'rnn-1x64'", "of prose: lstm-1x64, "]),
        ("figure4", {"network": "worst"},
         ["figure4.network:", "'worst'", "best, deepest or the name of an LSTM"]),
        ("figure5", {"network": "gru-1x64"}, ["figure5.network:", "the name of an LSTM"]),
        ("figure4", {"network": "lstm-9x64"},
         ["figure4.network:", "'lstm-9x64'", "best, deepest or an LSTM"]),
        ("figure5", {"network": "lstm-9x64", "corpora": ["prose"]},
         ["figure5.network:", "'lstm-9x64'", "an LSTM of prose"]),
        ("figure5", {"dynamics": {"model": "n-nn-1"}},
         ["figure5.dynamics.model:", "'n-nn-1'", "a recurrent model of prose: rnn-1x64, "]),
        ("activations", [DUMP | {"quantities": ["h", "z"]}],
         ["activations[0].quantities[1]:", "'z'", "lstm-1x64: h, c, i, f, o, g"]),
        ("activations", [DUMP | {"model": "n-nn-1", "quantities": ["c"]}],
         ["activations[0].quantities[0]:", "'c'", "n-nn-1: h"]),
        ("activations", [DUMP | {"quantities": ["hc"]}],
         ["activations[0].quantities[0]:", "'hc'"]),
        ("activations", [DUMP, DUMP | {"model": "lsmt-2x16"}],
         ["activations[1].model:", "'lsmt-2x16'", "did you mean lstm-2x16?"]),
        ("activations", [DUMP | {"model": "n-gram-3"}],
         ["activations[0].model:", "'n-gram-3'", "a recurrent model or an n-NN"]),
        ("activations", [DUMP | {"positions": [5]}],
         ["activations[0].positions[1]:", "missing", "a whole number at least 1"]),
        ("figure3", {"models": []}, ["figure3.models:", "non-empty"]),
        ("figure3", {"models": ["lstm-1x64", "lstm-1x64"]}, ["figure3.models:", "once"]),
    ],
)  # fmt: skip
def test_one_line_names_the_key(section, values, words):
    with pytest.raises(CharlensError) as caught:
        study(**{section: values})
    (line,) = str(caught.value).splitlines()
    for word in words:
        assert word in line


def test_a_dump_of_a_model_that_a_cut_grid_lacks_is_left_out_with_a_note():
    config = study(activations=[DUMP, DUMP | {"model": "lstm-9x64"}])
    dumps, notes = activation_dumps(config)
    assert [dump.model for dump in dumps] == [DUMP["model"]]
    assert notes == (
        "activations[1]: prose has no model lstm-9x64 in this study; nothing is kept of it",
    )


def test_the_explorer_shows_the_cells_that_are_judged_and_a_network_to_compare_with():
    code = grid(("lstm gru", [1], [8]), ("rnn", [2], [16]))
    assert explorer_models(study(code=code)) == {
        "prose": ("lstm-3x128", "gru-3x128"),
        "code": ("lstm-1x8", "gru-1x8"),
    }
    only = study(prose=grid(("gru", [1, 2], [8])), code=grid(("lstm", [1], [8])))
    assert explorer_models(only) == {"prose": ("gru-2x8",), "code": ("lstm-1x8",)}
    assert explorer_models(study(prose=[])) == {}


def test_the_explorer_takes_what_the_config_names():
    dumped = {"corpus": "prose", "model": "rnn-1x64"}
    chosen = study(cells={"models": {"prose": ["gru-1x64"]}}, activations=[dumped])
    assert explorer_models(chosen) == {"prose": ("gru-1x64", "rnn-1x64")}
    missing = study(activations=[{"corpus": "prose", "model": "lstm-1x999"}])
    assert explorer_models(missing) == {"prose": ("lstm-3x128", "gru-3x128")}
    named = {"models": {"prose": ["rnn-1x64"]}, "positions": 500}
    assert explorer_models(study(explorer=named)) == {"prose": ("rnn-1x64",)}
    assert explorer_models(study(explorer={"models": {}})) == {}


@pytest.mark.parametrize(
    ("explorer", "words"),
    [
        ({"models": {"verse": ["lstm-1x64"]}}, "explorer.models: found 'verse', expected one of"),
        ({"models": {"prose": ["lstm-9x64"]}}, "explorer.models.prose[0]: found 'lstm-9x64'"),
        ({"models": {"prose": ["n-nn-1"]}}, "expected a recurrent model of prose"),
        ({"positions": 5}, "explorer.positions: found 5"),
    ],
)
def test_the_explorer_names_what_it_does_not_know(explorer, words):
    with pytest.raises(CharlensError) as error:
        study(explorer=explorer)
    assert words in str(error.value)


def test_scorers_take_the_network_of_figure_2_or_the_one_named_each_once():
    code = grid(("gru", [1], [64]))
    config = study(code=code, scorers=[{"scorer": "ngram"}])
    assert scored_models(config, "prose") == ("lstm-3x128+ngram",)
    assert scored_models(config, "code") == ()  # no LSTM, so no network of Figure 2
    entries = [
        {"scorer": "cache", "model": "gru-1x64"},
        {"scorer": "ngram", "model": "lstm-3x128", "corpus": "prose"},
        {"scorer": "ngram"},
    ]
    config = study(code=code, scorers=entries)
    assert scored_models(config, "prose") == ("gru-1x64+cache", "lstm-3x128+ngram")
    assert scored_models(config, "code") == ("gru-1x64+cache",)


def test_without_n_grams_only_a_cache_is_left():
    entries = [{"scorer": "ngram"}, {"scorer": "cache"}]
    config = study(scorers=entries, n_gram={"corpora": []})
    assert scored_models(config, "prose") == ("lstm-3x128+cache",)
    assert scored_models(study(prose=[], scorers=entries), "prose") == ()


@pytest.mark.parametrize(
    ("entry", "more", "words"),
    [
        ({"scorer": "n-gram"}, {}, ["scorers[0].scorer", "ngram"]),
        ({"scorer": "ngram", "model": "lstm-9x9"}, {}, ["scorers[0].model", "lstm-9x9"]),
        ({"scorer": "cache", "model": "lsmt-1x64"}, {}, ["scorers[0].model", "did you mean"]),
        ({"scorer": "cache", "corpus": "prosa"}, {}, ["scorers[0].corpus", "prose"]),
        (
            {"scorer": "ngram", "model": "lstm-1x64"},
            {"n_gram": {"corpora": []}},
            ["scorers[0].scorer", "n-gram models of prose"],
        ),
    ],
)
def test_wrong_scorers_are_one_line(entry, more, words):
    with pytest.raises(CharlensError) as error:
        study(scorers=[entry], **more)
    line = str(error.value)
    assert "\n" not in line
    assert [word for word in words if word not in line] == []


@pytest.mark.parametrize(
    ("seed", "seeds", "further"),
    [(1, 1, ()), (1, 3, (2, 3)), (7, 2, (8,)), (2, [1, 2, 9], (1, 9)), (0, [0], ())],
)
def test_seeds_are_a_number_or_a_list(seed: int, seeds: object, further: tuple[int, ...]) -> None:
    assert study(seed=seed, seeds=seeds).further_seeds == further


@pytest.mark.parametrize(
    "seeds",
    [
        0,
        -1,
        True,
        1001,
        10**12,
        [*range(1001)],
        1.5,
        "3",
        [],
        [1, 1],
        [1, -2],
        [[1]],
        {"a": 1},
        None,
    ],
)
def test_wrong_seeds_are_one_line(seeds: object) -> None:
    with pytest.raises(
        CharlensError, match=r"^config: seeds: found .* how many trainings, 1 or more"
    ):
        study(seeds=seeds)


def test_the_seed_of_the_figures_is_among_the_seeds() -> None:
    with pytest.raises(
        CharlensError, match=r"seeds: found \[2, 3\], expected `seed`, 1, among them"
    ):
        study(seeds=[2, 3])


def test_a_block_has_seeds_of_its_own() -> None:
    lstm, gru = grid(("lstm", [1], [8]), ("gru", [1], [8]))
    made = study([lstm | {"seeds": 3}, gru], grid(("lstm", [1], [8])))
    assert made.further_seeds_of("prose", "lstm-1x8") == (2, 3) == made.further_seeds
    assert made.further_seeds_of("prose", "gru-1x8") == ()
    assert made.further_seeds_of("code", "lstm-1x8") == ()
    made = study([lstm | {"seeds": 1}, gru], seeds=2)
    assert made.further_seeds_of("prose", "lstm-1x8") == ()
    assert made.further_seeds_of("prose", "gru-1x8") == (2,)
    twice = [lstm | {"seeds": 2}, lstm, lstm | {"seeds": [1, 2]}]  # the same, in other words
    assert study(twice).further_seeds_of("prose", "lstm-1x8") == (2,)
    with pytest.raises(
        CharlensError, match=r"corpora.prose.grid\[1\].seeds: found \[3\], expected"
    ):
        study([lstm, gru | {"seeds": [3]}])


def test_networks_whose_cells_are_compared_are_in_a_grid() -> None:
    lstm, gru = grid(("lstm", [1, 2], [8]), ("gru", [1], [8]))
    some = {"models": ["lstm-1x8", "gru-1x8"]}
    made = study([lstm], [gru, lstm], universality=some)
    assert compared_networks(made) == {"code": ("gru-1x8", "lstm-1x8")}  # prose has but one
    assert compared_networks(study([lstm | {"seeds": 2}, gru])) == {
        "prose": ("lstm-1x8", "lstm-2x8")
    }
    assert compared_networks(study([lstm, gru])) == {}
    with pytest.raises(
        CharlensError, match=r"universality.models\[0\]: found 'lstm-1x9', expected a"
    ):
        study([lstm], universality={"models": ["lstm-1x9"]})


@pytest.mark.parametrize(
    ("asked", "key"),
    [({"models": ["gru-1x8"]}, "models"), ({"corpora": ["prose"]}, "corpora")],
)
def test_one_training_cannot_be_compared(asked: dict, key: str) -> None:
    """It was left out without a word, though the config asked for it."""
    lstm, gru = grid(("lstm", [1, 2], [8]), ("gru", [1], [8]))
    with pytest.raises(CharlensError, match=rf"universality\.{key}: .* or write seeds: 2"):
        study([lstm, gru], universality=asked)
    assert compared_networks(study([lstm, gru], seeds=2, universality=asked))
    assert compared_networks(study([lstm, gru], universality={"corpora": []})) == {}


def test_a_block_says_what_differs_in_its_models_training() -> None:
    usual, own = grid(("gpt", [1], [8]), ("gpt mingru", [2], [8]))
    own |= {"adamw": {"learning_rate": 0.001}, "dropout": [0.5]}
    training = {"adamw": {"learning_rate": 0.004, "weight_decay": 0.03}, "dropout": [0.1]}
    made = study([usual, own], training=training)
    for model, rate, dropout in (("gpt-1x8", 0.004, 0.1), ("mingru-2x8", 0.001, 0.5)):
        chosen = made.training_of("prose", model)
        adamw = made.training.adamw.model_copy(update={"learning_rate": rate})
        expected = made.training.model_copy(update={"adamw": adamw, "dropout": (dropout,)})
        assert chosen == expected
        assert chosen.adamw.weight_decay == 0.03


def test_states_are_set_in_networks_that_have_some() -> None:
    blocks = grid(("gpt mingru", [2], [8]))
    entry = {"corpus": "prose", "model": "mingru-2x8"}
    assert study(blocks, interventions=[entry]).interventions[0].model == "mingru-2x8"
    with pytest.raises(
        CharlensError, match=r"found 'gpt-2x8', .*, not a Transformer, whose states"
    ):
        study(blocks, interventions=[entry | {"model": "gpt-2x8"}])


def test_a_word_in_other_letters_is_what_is_meant() -> None:
    with pytest.raises(CharlensError, match=r"found 'minGRU', .*; did you mean mingru"):
        study(grid(("minGRU", [1], [8])))


def test_corpora_that_are_audited_and_compressed_have_a_model() -> None:
    none = {"n_gram": {"corpora": []}, "n_nn": {"corpora": []}}
    made = study(grid(("lstm", [1], [8])), [], **none)
    assert audited_corpora(made) == compressed_corpora(made) == ("prose",)
    made = study(grid(("lstm", [1], [8])), [], leakage={"corpora": []}, compressors={"names": []})
    assert audited_corpora(made) == compressed_corpora(made) == ()


def test_a_corpus_can_have_n_nns_of_its_own():
    """Whether or not ``n_nn.corpora`` names it; Figure 5 right compares with those it has."""
    corpora = {
        "prose": PROSE,
        "code": CODE | {"n_nn": [5, 7]},
        "letters": PROSE | {"n_nn": []},
        "novel": PROSE,
    }
    n_nn = {"contexts": [1, 3], "corpora": ["prose", "letters"]}
    config = Config.load({"corpora": corpora, "n_nn": n_nn})
    assert {corpus: config.n_nn_models(corpus) for corpus in corpora} == {
        "prose": ("n-nn-1", "n-nn-3"),
        "code": ("n-nn-5", "n-nn-7"),
        "letters": (),
        "novel": (),
    }
    asked = {"dynamics": {"corpus": "code", "contexts": [5, 9]}}
    shown = watched(Config.load({"corpora": corpora, "n_nn": n_nn, "figure5": asked}))
    assert (shown.n_nn, shown.n_gram) == ((5,), (5, 9))
    for own, words in ((5, "expected a list"), ([5, 3], "increasing"), ([0], "at least 1")):
        wrong = {"corpora": {"code": CODE | {"n_nn": own}}}
        with pytest.raises(CharlensError, match=rf"corpora\.code\.n_nn.*{words}"):
            Config.load(wrong)
