"""The explorer: a page that shows a run's networks at work on text, from a file, without a server.

`build` reads a run and writes the page; `passage` chooses the text, `reading` runs the networks
over it, `tables` takes from a run's tables what is said of cells, `mistakes` sorts errors,
`packing` turns arrays into text, `site` writes them. `page/` is what a browser runs.
"""
