"""Run the example of the README and compare what it prints.

Usage: python -P .ci/readme_example.py    (with the package installed)
"""

import io
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path

readme = (Path(__file__).resolve().parent.parent / "README.md").read_text()
example = re.search(r"## Example\n+```python\n(.*?)```\n+```text\n(.*?)```", readme, re.DOTALL)
code, expected = example.groups()
printed = io.StringIO()
with redirect_stdout(printed):
    exec(compile(code, "README.md", "exec"), {})
sys.stdout.write(printed.getvalue())
if printed.getvalue() != expected:
    sys.exit(f"The README has:\n{expected}")
