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

never = sorted(skipped - ran)
sys.stdout.write(f"{len(ran)} tests ran, {len(skipped)} were skipped in some run\n")
if never:
    sys.exit("Skipped in every run:\n  " + "\n  ".join(never))
