# Needs: {corpus}/probabilities/{model}.parquet of LSTMs, n-grams and models from elsewhere; the
# splits of their corpus.
# Makes: tables/error_categories.csv, tables/errors.md, ...: what kinds of errors the best and the
# smallest LSTM make (Figure 6); tables/seed_errors.csv and .md, seed_error_intervals.csv: those of
# networks trained from several seeds; tables/decade.csv and .md, decade_streams.parquet: errors and bits of
# all models by kind of character (Figure 11), and decade_seeds.parquet: of networks trained again;
# tables/hypotheses.csv and .md: what was expected of them.

# The corpus whose errors are broken down; empty where the study has none.
ERRORS = figure6_corpus(STUDY)


rule errors:
    input:
        corpus=f"<results>/{ERRORS or NONE}/corpus.json",
        train=f"<results>/{ERRORS or NONE}/train.npy",
        test=f"<results>/{ERRORS or NONE}/test.npy",
        models=error_models(ERRORS),
        external=external_of(ERRORS),
    output:
        categories="<results>/tables/error_categories.csv",
        eliminated="<results>/tables/errors_eliminated.csv",
        orders="<results>/tables/error_orders.csv",
        sensitivity="<results>/tables/error_definitions.csv",
        examples="<results>/tables/error_examples.parquet",
        md="<results>/tables/errors.md",
    log:
        "<logs>/errors.log",
    benchmark:
        "<benchmarks>/errors.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=oracle_memory(ERRORS),
        runtime=60,
    params:
        config={
            "threshold": STUDY.figure6.threshold,
            "definitions": STUDY.figure6.definitions,
            "encoding": encodings_of([ERRORS]).get(ERRORS),
        },
        fingerprint=fingerprint("errors.py", "charlens/paper/data/figure6_oracles.csv"),
    script:
        "../scripts/errors.py"


SEED_ERRORS = seed_error_corpus(STUDY)


rule seed_errors:
    input:
        corpus=f"<results>/{SEED_ERRORS or NONE}/corpus.json",
        train=f"<results>/{SEED_ERRORS or NONE}/train.npy",
        test=f"<results>/{SEED_ERRORS or NONE}/test.npy",
        n_grams=oracle_n_grams(SEED_ERRORS),
        trainings=[path for _, path in every_training([SEED_ERRORS] if SEED_ERRORS else [])],
    output:
        csv="<results>/tables/seed_errors.csv",
        intervals="<results>/tables/seed_error_intervals.csv",
        md="<results>/tables/seed_errors.md",
    log:
        "<logs>/seed_errors.log",
    benchmark:
        "<benchmarks>/seed_errors.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=oracle_memory(SEED_ERRORS),
        runtime=60,
    params:
        config=table_config()
        | {
            "seeds": [seed for seed, _ in every_training([SEED_ERRORS] if SEED_ERRORS else [])],
            "threshold": STUDY.figure6.threshold,
            "definitions": STUDY.figure6.definitions,
            "encoding": encodings_of([SEED_ERRORS]).get(SEED_ERRORS),
        },
        fingerprint=fingerprint("seed_errors.py", "charlens/paper/data/figure6_oracles.csv"),
    script:
        "../scripts/seed_errors.py"


# Seed and predictions of each network that is trained again.
AGAIN = further_trainings(
    "<results>/{corpus}/seeds/{seed}/probabilities/{model}.parquet", [ERRORS] if ERRORS else []
)


rule decade:
    input:
        corpus=f"<results>/{ERRORS or NONE}/corpus.json",
        train=f"<results>/{ERRORS or NONE}/train.npy",
        val=f"<results>/{ERRORS or NONE}/val.npy",
        test=f"<results>/{ERRORS or NONE}/test.npy",
        models=every_model_of(ERRORS),
        trainings=[path for _, path in AGAIN],
    output:
        csv="<results>/tables/decade.csv",
        md="<results>/tables/decade.md",
        streams="<results>/tables/decade_streams.parquet",
        further="<results>/tables/decade_seeds.parquet",
    log:
        "<logs>/decade.log",
    benchmark:
        "<benchmarks>/decade.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=oracle_memory(ERRORS),
        runtime=60,
    params:
        config=table_config()
        | {
            "threshold": STUDY.figure6.threshold,
            "definitions": STUDY.figure6.definitions,
            "encoding": encodings_of([ERRORS]).get(ERRORS),
            "kind": STUDY.corpora[ERRORS].kind if ERRORS else None,
            "seeds": [seed for seed, _ in AGAIN],
        },
        fingerprint=fingerprint("decade.py"),
    script:
        "../scripts/decade.py"


rule hypotheses:
    input:
        corpus=f"<results>/{ERRORS or NONE}/corpus.json",
        streams="<results>/tables/decade_streams.parquet",
        further="<results>/tables/decade_seeds.parquet",
    output:
        csv="<results>/tables/hypotheses.csv",
        md="<results>/tables/hypotheses.md",
    log:
        "<logs>/hypotheses.log",
    benchmark:
        "<benchmarks>/hypotheses.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=table_config(),
        fingerprint=fingerprint("hypotheses.py"),
    script:
        "../scripts/hypotheses.py"
