"""What the command's exit code says; a build script may rely on it."""

CONFORMANT = 0
NONCONFORMANT = 1
USAGE = 2  # or the target file
UNREACHABLE = 3
INCOMPLETE = 4
FAULT = 5  # of the suite itself
INTERRUPTED = 130
