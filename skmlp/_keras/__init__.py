"""Keras, as training and export need it: started quietly, and made from our values.

==============  ======================================================================
module          responsible for
==============  ======================================================================
``start``       importing Keras, and TensorFlow's threads, memory and chatter
``quirks``      private names of Keras, jax and scikeras
``optimizers``  Keras' optimizers and schedules, from and to specifications
``pure``        Keras' optimizers as pure functions
``functional``  the network and its objective as pure functions of the weights
``models``      plain Keras models, for users and for their callbacks
==============  ======================================================================

Importing this package, ``start`` or ``quirks`` imports none of them.
"""
