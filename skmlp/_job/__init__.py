"""A fit as a value: what is to be trained, and what training gave.

=============  =======================================================================
module         value
=============  =======================================================================
``network``    :class:`Network`: layers and loss
``recipe``     :class:`Recipe`: how the weights change; :class:`Stopping`: until when
``samples``    :class:`Samples`: features, targets, weights
``seeds``      :class:`Seeds`: a stream of random numbers for each purpose
``shape``      :class:`Shape`: what must be equal for two fits to share a program
``job``        :class:`Job`: all of these; :class:`Trained`: what becomes of it
=============  =======================================================================

All of it is plain data and NumPy arrays, but for what the caller wants to be told or
asked (callbacks, score, observer). So a job can be kept, grouped with others of its
shape, pickled, and trained in another process.
"""

from __future__ import annotations

from skmlp._job.job import Job, Start, Trained
from skmlp._job.network import Network, Weights
from skmlp._job.recipe import (
    OptimizerSpecification,
    Recipe,
    ScheduleSpecification,
    Stopping,
)
from skmlp._job.samples import Samples
from skmlp._job.seeds import Seeds
from skmlp._job.shape import Shape

__all__ = [
    "Job",
    "Network",
    "OptimizerSpecification",
    "Recipe",
    "Samples",
    "ScheduleSpecification",
    "Seeds",
    "Shape",
    "Start",
    "Stopping",
    "Trained",
    "Weights",
]
