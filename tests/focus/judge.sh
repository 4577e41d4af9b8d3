#!/usr/bin/env bash
# Judges a FOCUS 1.2 file, offline: judge.sh FILE.csv [--total USD]; exit 0 only if all agree.
file=$(realpath "$1") && [ -f "$file" ] || { echo "no such file: $1" >&2; exit 70; }
shift
cd "$(dirname "$0")" || exit 70
rc=0
echo "1 the official validator, all applicability criteria, five broken rules corrected"
./validate.sh "$file" ALL | grep -v "^skipped"
[ "${PIPESTATUS[0]}" = 0 ] || rc=1
echo "2 what it skips"
venv/bin/python judge_extra.py "$file" "$@" || rc=1
echo "3 a second implementation: converts to 1.4, lints"
draft=$(mktemp -d)
venv2/bin/focus-toolkit convert --cost-and-usage "$file" --source-version 1.2 --out "$draft/c" --exit-policy pipeline 2>&1 | grep -E "lint|error|detected"
[ "${PIPESTATUS[0]}" = 0 ] || rc=1
rm -r "$draft"
echo "4 the library of use cases"
answer=$(venv/bin/python run_library.py "$file" 1.2 | tail -1)
echo "$answer"
grep -q "errors 0" <<<"$answer" || rc=1
exit $rc
