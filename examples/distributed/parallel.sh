#!/usr/bin/env bash
# A sweep in shards by GNU parallel (Debian: apt-get install parallel). One shard is killed in the middle; it is run again, goes on
# where it stopped, and the merged study has the same bytes as that of one process.
set -euo pipefail
source "$(dirname "$0")/study.sh"
plan

# Foresail, but the first try of shard 2 is killed after its first point.
cat > unlucky <<'SCRIPT'
#!/usr/bin/env bash
part=parts/shard-2-of-4.jsonl.part
if [[ " $* " != *" 2/4 "* ]] || [ -e killed ]; then exec "$FORESAIL" "$@"; fi
touch killed
"$FORESAIL" "$@" &
for _ in $(seq 6000); do
    [ "$(wc -l < $part 2> /dev/null || echo 0)" -lt 2 ] || break
    sleep 0.01
done
kill -KILL $!
echo "shard 2 was killed with $(($(wc -l < $part) - 1)) of 6 points, and run again" > killed
wait $!
SCRIPT
chmod +x unlucky
export FORESAIL

say "the line"
"$FORESAIL" sweep manifest parallel parts --cpus 1 --parallelism 2 --program ./unlucky > parallel.sh
tail -n 2 parallel.sh
say "the shards, then their merge"
bash parallel.sh
cat killed
compare
