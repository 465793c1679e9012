# Needs: {corpus}/corpus.json, its splits, models of it (context.models of the config, the longest
# n-NN and n-gram model).
# Makes: {corpus}/tables/context/{model}.csv, closing_memory/{model}.csv and probes/{model}.csv, and
# tables/context_curve.csv, closing_memory.csv and memory_probes.csv of all of them, with .md.

# Corpus -> the models whose memory is measured; maybe none.
REMEMBERING, notes = context_models(STUDY)
for note in notes:
    print(f"charlens: note: {note}", file=sys.stderr)

# Analysis -> the folder of the tables that it joins.
JOINED = {
    "context_curve": "context",
    "closing_memory": "closing_memory",
    "memory_probes": "probes",
}


rule memory:
    input:
        corpus="<results>/{corpus}/corpus.json",
        train="<results>/{corpus}/train.npy",
        val="<results>/{corpus}/val.npy",
        test="<results>/{corpus}/test.npy",
        model=model_file,
    output:
        context="<results>/{corpus}/tables/context/{model}.csv",
        closings="<results>/{corpus}/tables/closing_memory/{model}.csv",
        probes="<results>/{corpus}/tables/probes/{model}.csv",
    log:
        "<logs>/{corpus}/memory/{model}.log",
    benchmark:
        "<benchmarks>/memory/{corpus}/{model}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory_memory,
        runtime=lambda wildcards, attempt: 120 * attempt,
        gpu=gpu_share(10),
    params:
        config=memory_config,
        fingerprint=fingerprint("memory.py"),
    script:
        "../scripts/memory.py"


for analysis, folder in JOINED.items():

    rule:
        name:
            analysis
        input:
            [
                f"<results>/{corpus}/tables/{folder}/{model}.csv"
                for corpus, models in REMEMBERING.items()
                for model in models
            ],
        output:
            csv=f"<results>/tables/{analysis}.csv",
            md=f"<results>/tables/{analysis}.md",
        log:
            f"<logs>/{analysis}.log",
        benchmark:
            f"<benchmarks>/{analysis}.tsv"
        group:
            "summary"
        conda:
            "../../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            module=ANALYSES[analysis].module,
            fingerprint=fingerprint("join_tables.py", ANALYSES[analysis].module),
        script:
            "../scripts/join_tables.py"
