"""Benchmarks: skmlp beside its peers, in one run, on the same work.

===============  =====================================================================
module           responsible for
===============  =====================================================================
``cli``          the command ``python -m benchmarks``, the only printer
``libraries``    the table of libraries, and one module that adapts each
``works``        the table of works, and one module of steps for each
``runner``       rounds: who takes which step when, for how long at most
``process``      a process of its own for a library, that takes one step at a time
``tasks``        what a process does in a step: fit, search, predict, weigh itself
``data``         the data that the tasks load
``results``      measurements, their medians, ratios and goals
``report``       the same as tables, JSON, CSV and plots
===============  =====================================================================
"""
