# https://just.systems; each recipe is one command that also works without it.

# What must pass before a change lands.
check:
    .ci/run

# Unit tests, tests from outside, recordings of the real controllers. `just test hpa` runs those with a name.
test *name:
    cargo test --release {{name}}

# Writes the golden histories, the sample report and the texts of the command line anew; read the difference.
golden:
    FORESAIL_UPDATE=1 cargo test --release --test all golden
    FORESAIL_UPDATE=1 cargo test --release --lib autoscaler::flags
    INSTA_UPDATE=always cargo test --release --test all texts

# All benches, or one: `just bench run`. Results go to benches/results.
bench *name:
    cargo bench {{ if name == "" { "" } else { "--bench " + name } }} -- --quick

# Mutated inputs through the command line: `just mutations 10000 7` are so many, from seed 7.
mutations count="1000" seed="1":
    cargo build --locked
    cargo run --locked --example mutations -- --count {{count}} --seed {{seed}}

# libFuzzer on one target of fuzz/ or on all, each for so many seconds: `just fuzz scenario 600`.
fuzz target="all" seconds="60":
    fuzz/run.sh {{target}} -max_total_time={{seconds}}

# Random configurations of the whole program: `just swarm 5000` seeds, `just swarm 5000 20000` from seed 20000 on.
swarm count="1000" from="0":
    cargo build --locked --release
    cargo run --locked --release --example swarm -- --from {{from}} --count {{count}} --threads 2 --program target/release/foresail

# The library's documentation, and docs/validation.md from the recordings.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
    cargo run --release --example validation

# The archive of a release, built twice and compared: RELEASING.md.
release:
    .ci/release --twice
