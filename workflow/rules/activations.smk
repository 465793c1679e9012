# Needs: {corpus}/corpus.json, its splits, a trained model.
# Makes: what happens inside: {corpus}/activations/{model}/layer-{l}/{quantity}.parquet where the
# config asks for it, the saturation of gates, and the ranking of cells by what they track.


DUMPS, notes = activation_dumps(STUDY)
for note in notes:
    print(f"charlens: note: {note}", file=sys.stderr)


rule dump_activations:
    input:
        corpus="<results>/{corpus}/corpus.json",
        test="<results>/{corpus}/test.npy",
        model="<results>/{corpus}/models/{model}.safetensors",
    output:
        directory("<results>/{corpus}/activations/{model}"),
    log:
        "<logs>/{corpus}/dump_activations/{model}.log",
    benchmark:
        "<benchmarks>/dump_activations/{corpus}/{model}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=120,
        gpu=gpu_share(10),
    params:
        config=dump_config,
        fingerprint=fingerprint("dump_activations.py"),
    script:
        "../scripts/dump_activations.py"


rule saturation:
    input:
        corpus="<results>/{corpus}/corpus.json",
        test="<results>/{corpus}/test.npy",
        model="<results>/{corpus}/models/{model}.safetensors",
    output:
        "<results>/{corpus}/tables/saturation/{model}.csv",
    log:
        "<logs>/{corpus}/saturation/{model}.log",
    benchmark:
        "<benchmarks>/saturation/{corpus}/{model}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
        gpu=gpu_share(10),
    params:
        config=scoring_config(),
        fingerprint=fingerprint("saturation.py"),
    script:
        "../scripts/saturation.py"


rule search_cells:
    input:
        corpus="<results>/{corpus}/corpus.json",
        train="<results>/{corpus}/train.npy",
        val="<results>/{corpus}/val.npy",
        test="<results>/{corpus}/test.npy",
        model="<results>/{corpus}/models/{model}.safetensors",
    output:
        ranking="<results>/{corpus}/tables/cells/{model}.parquet",
        examples="<results>/{corpus}/tables/cell_examples/{model}.parquet",
    log:
        "<logs>/{corpus}/search_cells/{model}.log",
    benchmark:
        "<benchmarks>/search_cells/{corpus}/{model}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=60,
        gpu=gpu_share(10),
    params:
        config=cells_config,
        fingerprint=fingerprint("search_cells.py"),
    script:
        "../scripts/search_cells.py"
