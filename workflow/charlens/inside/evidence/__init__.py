"""Whether a cell tracks a concept: more than by chance, more than trivial causes, alone or not.

A cell is chosen on the first half of the test streams (:mod:`charlens.inside.cells.score`) and
judged on the second, here: against permuted streams (``nulls``), with an interval over streams
(``intervals``), beside networks that learned nothing (``networks``), the last bytes (``probes``)
and arbitrary properties of the text (``controls``), and beside a linear probe on all cells
(``probes``). ``timescales`` ranks cells without any concept.
"""
