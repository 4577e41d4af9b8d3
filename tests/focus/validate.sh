#!/usr/bin/env bash
# The official validator: validate.sh FILE.csv [CRITERIA|ALL]; exit 0 only without failures. Offline.
file=$(realpath "$1")
criteria=${2:-ALL}
here=$(cd "$(dirname "$0")" && pwd)
result=$(mktemp --suffix=.xml)
# It opens its list of currencies relative to its own folder.
cd "$here"/venv/lib/python3.12/site-packages || exit 70
"$here"/venv/bin/focus-validator --data-file "$file" --validate-version 1.2.0.1 --rule-set-path "$here"/rules_local --block-download \
    --focus-dataset CostAndUsage --applicability-criteria "$criteria" --output-type unittest --output-destination "$result" \
    >"$result.log" 2>&1 || { tail -20 "$result.log"; exit 71; }
"$here"/venv/bin/python - "$result" <<'P'
import collections
import sys
import xml.etree.ElementTree as tree

counts = collections.Counter()
failures = []
for case in tree.parse(sys.argv[1]).iter("testcase"):
    wrong = next((child for child in case if child.tag in ("failure", "error")), None)
    kind = "failed" if wrong is not None else "skipped" if case.find("skipped") is not None else "passed"
    counts[kind] += 1
    if wrong is not None:
        failures.append((case.get("classname"), case.get("name"), wrong.get("message")))
for failure in failures:
    print("FAIL", *failure, sep=" | ")
print(dict(counts))
sys.exit(1 if failures or not counts["passed"] else 0)
P
rc=$?
rm -f "$result" "$result.log"
exit $rc
