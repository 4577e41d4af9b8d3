# What both examples sweep: 24 points of a small shop in 4 shards, and the same in one go to set it beside. Sourced by them.
#
# FORESAIL is the program (target/release/foresail by default), WORK the folder (a new one by default).
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
FORESAIL=$(realpath "${FORESAIL:-$root/target/release/foresail}")
WORK=${WORK:-$(mktemp -d)}
cp "$root"/docs/compare/{shop,web}.yaml "$WORK"
cd "$WORK"
shards=4
points=(--vary hpa.cpu=50..80/10 --vary hpa.max=8..18/2 -n 3 --set duration=6h)

say() { printf '\n# %s\n' "$*"; }

plan() {
    say "24 points in $shards shards"
    "$FORESAIL" sweep plan shop.yaml "${points[@]}" --shards $shards --out parts
}

# The same in one go, byte for byte.
compare() {
    say "the same in one go"
    "$FORESAIL" sweep shop.yaml "${points[@]}" --out whole --quiet > /dev/null
    for file in study.jsonl sweep.csv; do
        cmp "parts/$file" "whole/$file"
        echo "$file: $(wc -l < "parts/$file") lines, the same bytes ($(sha256sum < "parts/$file" | cut -c1-16))"
    done
    numbers=$(tail -n +2 parts/study.jsonl | sed 's/^{"point":\([0-9]*\),.*/\1/')
    [ "$numbers" = "$(seq 0 23)" ]
    echo "24 points, each once"
}

# Waits until a shard has its first point and not yet its last.
until_begun() {
    for _ in $(seq 6000); do
        lines=$(wc -l < "$1" 2> /dev/null || echo 0)
        [ "$lines" -lt 2 ] || return 0
        sleep 0.01
    done
    echo "no point came into $1" >&2
    return 1
}
