# Needs: tables. Makes: figures/{figure}.pdf and .png, with the numbers shown as .csv.

# Figure -> the tables that it is drawn from, by the names that its module knows them by.
DRAWN_FROM = {
    "figure1_left": {
        "cross_entropy": "<results>/tables/cross_entropy.csv",
        "seeds": table_of("seeds"),
    },
    "figure1_right": {"agreement": f"<results>/{STUDY.tsne_corpus or NONE}/tables/agreement.csv"},
    "figure2": {
        "examples": of_searched_cells("cell_examples"),
        "corpora": splits_of(figure2_models(STUDY), "corpus.json"),
        "tests": splits_of(figure2_models(STUDY), "test.npy"),
        "evidence": "<results>/tables/evidence.csv",
    },
    "figure3": {"saturation": saturation_tables()},
    "table2": {"table2": "<results>/tables/table2.csv"},
    "figure4": {
        "overlap": "<results>/tables/error_overlap.csv",
        "advantage": "<results>/tables/advantage.csv",
    },
    "figure5_left": {"closings": "<results>/tables/closings.csv"},
    "figure5_right": {"dynamics": "<results>/tables/dynamics.csv"},
    "figure6": {
        "categories": "<results>/tables/error_categories.csv",
        "examples": "<results>/tables/error_examples.parquet",
        "corpora": splits_of([ERRORS], "corpus.json"),
        "tests": splits_of([ERRORS], "test.npy"),
        "intervals": table_of("seed_errors"),
    },
    "figure6_bars": {
        "categories": "<results>/tables/error_categories.csv",
        "eliminated": "<results>/tables/errors_eliminated.csv",
        "intervals": table_of("seed_errors"),
    },
    "figure7": {"evidence": "<results>/tables/evidence.csv"},
    "figure8": {
        "judged": of_interventions("verdicts"),
        "effects": [f"<results>/tables/interventions/{corpus}.csv" for corpus in INTERVENED],
        "newlines": of_interventions("newlines"),
        "shown": of_interventions("excerpts"),
    },
    "figure9": {"curves": "<results>/tables/context_curve.csv"},
    "figure9_memory": {
        "closings": "<results>/tables/closing_memory.csv",
        "probed": "<results>/tables/memory_probes.csv",
    },
    "figure10": {
        "cells": of_matched("cells.parquet"),
        "pairs": of_matched("pairs.csv"),
        "passages": of_matched("passage.parquet"),
        "corpora": splits_of(MATCHED, "corpus.json"),
        "tests": splits_of(MATCHED, "test.npy"),
    },
    "figure11": {"decade": "<results>/tables/decade.csv"},
    "figure12": {"leakage_models": "<results>/tables/leakage_models.csv"},
}

# What the config says of the numbers of a figure, what it says of the look alone, and the numbers of
# a figure that do not fit one table.
DRAWN_WITH = {
    "figure1_right": tsne_config(),
    "figure2": {"encodings": encodings_of(figure2_models(STUDY))},
    "figure6": {"encodings": encodings_of([ERRORS])},
    "figure10": {"encodings": encodings_of(MATCHED)},
    "figure4": {
        "characters": STUDY.figure4.characters,
        "standard_errors": STUDY.figure4.standard_errors,
    },
}
DRAWN_AS = {"figure4": {"rows": STUDY.figure4.rows}}
MORE_NUMBERS = {
    "figure4": {"overlap": "<results>/figures/figure4_overlap.csv"},
    "figure8": {
        name: f"<results>/figures/figure8_{name}.csv"
        for name in ("effects", "newlines", "excerpts")
    },
    "figure10": {name: f"<results>/figures/figure10_{name}.csv" for name in ("matches", "passage")},
    "figure9_memory": {"probes": "<results>/figures/figure9_memory_probes.csv"},
}


for figure, tables in DRAWN_FROM.items():

    rule:
        name:
            f"draw_{figure}"
        input:
            **tables,
        output:
            **MORE_NUMBERS.get(figure, {}),
            pdf=report(f"<results>/figures/{figure}.pdf", **as_pdf(FIGURES[figure])),
            png=report(f"<results>/figures/{figure}.png", **as_image(FIGURES[figure])),
            csv=f"<results>/figures/{figure}.csv",
        log:
            f"<logs>/draw_{figure}.log",
        benchmark:
            f"<benchmarks>/draw_{figure}.tsv"
        group:
            "summary"
        conda:
            "../../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            module=FIGURES[figure].module,
            config=DRAWN_WITH.get(figure, {}),
            look=DRAWN_AS.get(figure, {}),
            fingerprint=fingerprint("draw.py", FIGURES[figure].module),
            caption=caption(FIGURES[figure]),
        script:
            "../scripts/draw.py"
