"""Benchmark results: read from what a tool wrote, compared, and measured by hotspot itself.

Data flows one way::

    file -> readers/<format> -> load.load_results -> model.Results -> compare.compare_results -> Comparison

A measurement is a time in seconds; what counts as one is each reader's to say. The statistics are
`hotspot.analysis.benchmarks`.
"""
