"""Fail if a test was skipped in every run: such a test checks nothing.

Usage: python check_skips.py junit.xml ...
"""

import sys
import xml.etree.ElementTree as ET

ran, skipped = set(), set()
for path in sys.argv[1:]:
    for case in ET.parse(path).iter("testcase"):
        test = f"{case.get('classname')}::{case.get('name')}"
        (skipped if case.find("skipped") is not None else ran).add(test)

# A file that is left out as a whole is one case without a class, of the name of its tests' class.
modules = {test.split("::")[0] for test in ran}
never = sorted(test for test in skipped - ran if test.removeprefix("::") not in modules)
sys.stdout.write(f"{len(ran)} tests ran, {len(skipped)} were skipped in some run\n")
if never:
    sys.exit("Skipped in every run:\n  " + "\n  ".join(never))
