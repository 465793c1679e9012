# Needs nothing; makes no files: figures and tables of the study, as the report shows them.


def figure_files(name):
    """The files of a figure; none where the study has nothing for it to show."""
    shown = FIGURES[name].when(STUDY)
    return multiext(f"<results>/figures/{name}", ".pdf", ".png", ".csv") if shown else []


def pages():
    """The analyses of this study whose tables have a page in the report."""
    return [analysis for analysis in PAGES.values() if analysis.when(STUDY)]


def table_of(name):
    """The CSV table of an analysis; none where the study has nothing for it to show."""
    analysis = PAGES[name]
    path = next(iter(analysis.sources)).format(corpus=STUDY.tsne_corpus)
    return f"<results>/{path}" if analysis.when(STUDY) else []


def table_files(analysis):
    """The table for people of an analysis and those behind it: one that is lost is made again."""
    names = (analysis.page, *analysis.sources)
    return [f"<results>/{name.format(corpus=STUDY.tsne_corpus)}" for name in names]


def caption(entry):
    """The caption of a figure, which the report asks when it is made."""
    return Caption(entry, f"results/{STUDY.run}", STUDY.tsne_corpus, [a.name for a in pages()])


def captions():
    """The same of all tables, by the wildcard of Snakemake's report."""
    return Captions({analysis.name: caption(analysis) for analysis in pages()})


def page_fingerprint():
    """What the page uses: modules that the registry names, the templates, the paper's numbers."""
    modules = [analysis.module for analysis in ANALYSES.values()]
    templates = [f"charlens/report/templates/{name}" for name in PAGE_TEMPLATES]
    return fingerprint("page.py", *modules, *templates, *paper_data())
