#!/usr/bin/env bash
# Judges the bills of three scenarios, one of them mostly on spot nodes and one with commitments: scenarios.sh JUDGE FORESAIL
set -euo pipefail
judge=$(realpath "$1")
foresail=$(realpath "$2")
cd "$(dirname "$0")/../.."
draft=$(mktemp -d)
trap 'rm -r "$draft"' EXIT
for scenario in scenarios/ecommerce scenarios/spot-for-stateless.yaml scenarios/committed.yaml; do
    name=$(basename "$scenario" .yaml)
    [ -e "$scenario" ] || { echo "$scenario is not there"; exit 1; }
    echo "-- $name"
    "$foresail" run "$scenario" -q --no-recommend --replications 4 --out "$draft/$name" >/dev/null
    total=$(python3 -c 'import json, sys; print(sum(round(line["netUsd"] * 10**9) for line in json.load(open(sys.argv[1]))["bill"]["lines"]) / 10**9)' "$draft/$name/result.json")
    for grain in hour day; do
        "$foresail" report "$draft/$name" -o focus --grain "$grain" --file "$draft/$name-$grain.csv"
        "$judge/judge.sh" "$draft/$name-$grain.csv" --total "$total"
    done
done
