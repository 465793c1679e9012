"""Rule prepare_corpus: get the bytes of a corpus, verify, describe and split them."""

from pathlib import Path

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.runtime.progress import result
    from charlens.study.config import CorpusEntry
    from charlens.text.from_source import write_corpus

    config = snakemake.params.config
    entry = CorpusEntry.model_validate(config["entry"])
    corpus = write_corpus(
        entry.source,
        folders=(config["corpora_dir"], Path("cache", "corpora")),
        name=config["name"],
        split=entry.split,
        layout=(config["batch"], config["unroll"], entry.train, entry.val),
        contents=snakemake.params.contents or "",
        outputs=dict(snakemake.output.items()),
    )
    # The config may name another: this rule does not run again for a name.
    shown = "" if corpus.encoding in ("", "utf-8") else f", looks like {corpus.encoding.upper()}"
    result(f"{corpus.bytes:,} bytes, {corpus.k} distinct{shown}")
