# Needs: {corpus}/corpus.json and test.npy, the probabilities of networks that are trained from several seeds.
# Makes: tables/seeds.csv and .md, tables/seed_losses.csv, tables/seed_differences.csv.


rule seeds:
    input:
        probabilities=[path for _, path in every_training()],
        corpora=expand("<results>/{corpus}/corpus.json", corpus=STUDY.corpora),
        tests=expand("<results>/{corpus}/test.npy", corpus=STUDY.corpora),
    output:
        csv="<results>/tables/seeds.csv",
        losses="<results>/tables/seed_losses.csv",
        differences="<results>/tables/seed_differences.csv",
        md="<results>/tables/seeds.md",
    log:
        "<logs>/seeds.log",
    benchmark:
        "<benchmarks>/seeds.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        config=table_config()
        | {
            "seeds": [seed for seed, _ in every_training()],
            "encodings": encodings_of(STUDY.corpora),
        },
        fingerprint=fingerprint("seeds.py", "charlens/paper/data/figure1_cross_entropy.csv"),
    script:
        "../scripts/seeds.py"
