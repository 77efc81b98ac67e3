"""The site's real processes and neighbours, each one startable, stoppable and breakable by a test.

Every machine is a context manager that ends only what it started; if the test run is killed, keeper.py does so.
"""
