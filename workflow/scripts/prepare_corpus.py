"""Rule prepare_corpus: get the bytes of a corpus, verify, describe and split them."""

from pathlib import Path

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from dataclasses import replace

    from charlens.runtime.progress import result
    from charlens.study.config import CorpusEntry
    from charlens.text.by_files import FILES
    from charlens.text.corpus import SPLITS, prepare, save_split
    from charlens.text.sources.any import file_hashes, file_sizes, read

    config = snakemake.params.config
    entry = CorpusEntry.model_validate(config["entry"])
    folders = config["corpora_dir"], Path("cache", "corpora")
    data, source = read(entry.source, *folders)
    corpus, splits = prepare(
        data,
        name=config["name"],
        source=source,
        split=entry.split,
        batch=config["batch"],
        unroll=config["unroll"],
        train=entry.train,
        val=entry.val,
        file_sizes=file_sizes(entry.source, *folders) if entry.split == FILES else (),
    )
    for split in SPLITS:
        save_split(snakemake.output[split], splits[split])
    files = file_hashes(entry.source, *folders)
    replace(corpus, contents=snakemake.params.contents or "", files=files).save(
        snakemake.output.json
    )
    result(f"{corpus.bytes:,} bytes, {corpus.k} distinct")
