# Needs: everything that the study makes.
# Makes: manifest.json, what it was made from and a checksum of every file.


rule manifest:
    input:
        rules.study.input,
    output:
        "<results>/manifest.json",
    log:
        "<logs>/manifest.log",
    benchmark:
        "<benchmarks>/manifest.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        config=STUDY.model_dump(mode="json"),
        fingerprint=fingerprint("manifest.py"),
    script:
        "../scripts/manifest.py"
