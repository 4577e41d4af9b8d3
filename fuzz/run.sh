#!/usr/bin/env bash
# Builds the fuzz targets with coverage for libFuzzer, on stable Rust, and runs one or all: `fuzz/run.sh [TARGET|all] [libFuzzer's options]`.
# Without a time (-max_total_time=SECONDS) or a number (-runs=N) each gets a minute. The corpus that grows lies in fuzz/target/corpus; what was
# found in fuzz/artifacts. `cargo fuzz run --sanitizer none TARGET` does the same with RUSTC_BOOTSTRAP=1, and takes longer to build.
set -euo pipefail
cd "$(dirname "$0")"

name="${1:-all}"
[ $# -eq 0 ] || shift
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"
# With a target named, flags are not for build scripts and macros, which have nobody to count for.
host=$(rustc -vV | sed -n 's/^host: //p')
targets=("$name")
if [ "$name" = all ]; then
    targets=()
    for file in fuzz_targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi
cargo build --release --locked --target "$host" $(printf -- '--bin %s ' "${targets[@]}")
[ "${1:-}" != --build ] || exit 0

case " $* " in *" -runs="* | *" -max_total_time="*) ;; *) set -- "$@" -max_total_time=60 ;; esac
for target in "${targets[@]}"; do
    grown="$CARGO_TARGET_DIR/corpus/$target"
    mkdir -p "$grown" "artifacts/$target" "corpus/$target"
    echo "== $target"
    "$CARGO_TARGET_DIR/$host/release/$target" "$grown" "corpus/$target" -artifact_prefix="artifacts/$target/" -timeout=20 -rss_limit_mb=3000 \
        -print_final_stats=1 -verbosity=0 "$@"
done
