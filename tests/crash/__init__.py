"""Is what the server acknowledged still there after `kill -9`, and everything else whole or absent?

`python -m tests.crash --kills 1000` asks that often; the test command asks fewer times.
"""
