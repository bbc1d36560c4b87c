"""The tests, a package so that they can import `tests.helpers`.

The networks of the tests are too small to share between threads. This is set here, before torch is
imported, and passed on to the processes that tests start.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
