# The image that `foresail sweep manifest kubernetes` names: one static binary, nobody's user, nothing else.
#
#   docker build -t foresail:0.1.0 .
FROM rust:1.95-bookworm AS build
# musl-gcc compiles the C part of TLS.
RUN apt-get update && apt-get install --yes --no-install-recommends musl-tools && rustup target add x86_64-unknown-linux-musl
WORKDIR /source
COPY . .
RUN cargo build --release --locked --target x86_64-unknown-linux-musl --bin foresail \
    && strip -o /foresail target/x86_64-unknown-linux-musl/release/foresail

FROM scratch
COPY --from=build /foresail /foresail
USER 65532:65532
WORKDIR /study
ENTRYPOINT ["/foresail"]
