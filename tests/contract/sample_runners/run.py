"""Runs Python samples that come as JSON lines, one after the other, and answers each with a line.

A line in is the text of a program; a line out is `{"printed": …}` or `{"failure": …}`.
"""

import io
import json
import sys
import traceback
from contextlib import redirect_stdout

for line in sys.stdin:
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            exec(compile(json.loads(line), "sample.py", "exec"), {"__name__": "__main__"})
    except Exception:
        answer = {"failure": traceback.format_exc()}
    else:
        answer = {"printed": printed.getvalue()}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
