# syntax=docker/dockerfile:1
# scripts/rehearse-image does the same in a bare folder, where there is no container engine.

# The version of rust-toolchain.toml: a test compares them.
ARG RUST_VERSION=1.95.0
# Debian's release, of both stages: they must have the same C library.
ARG SUITE=trixie
# These tags move with Debian's corrections. With a digest behind it a build starts from the same
# bytes each time: --build-arg BASE_IMAGE=debian:trixie-slim@sha256:DIGEST, and BUILD_IMAGE likewise.
# `docker buildx imagetools inspect debian:trixie-slim` prints today's.
ARG BUILD_IMAGE=rust:${RUST_VERSION}-slim-${SUITE}
ARG BASE_IMAGE=debian:${SUITE}-slim

# hadolint ignore=DL3006
FROM ${BUILD_IMAGE} AS build
ARG RUST_VERSION
WORKDIR /src
# The toolchain of this image, instead of another one with the tools of a developer.
ENV RUSTUP_TOOLCHAIN=${RUST_VERSION}
COPY . .
# The caches outlive the layers: only what changed is compiled again. The target folder is one of
# them, so the binary is taken out of it in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked --package relevo \
    && install -D target/release/relevo /out/relevo

# Not distroless: docs/adr/0019-the-image-has-a-shell.md.
# hadolint ignore=DL3006
FROM ${BASE_IMAGE}
# Certificates to speak to WhatsApp and the model, and the world's time zones.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 65532 relevo \
    && useradd --uid 65532 --gid relevo --no-create-home --home-dir /var/lib/relevo \
        --shell /usr/sbin/nologin relevo \
    && install -d -o relevo -g relevo -m 750 /var/lib/relevo \
    && install -d /etc/relevo/business

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Relevo" \
      org.opencontainers.image.description="Answers a company's customers on WhatsApp and passes the baton to its people" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

COPY --from=build /out/relevo /usr/local/bin/relevo

# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
WORKDIR /var/lib/relevo
# Only where it lives: what it connects to and its secrets come from outside.
ENV RELEVO_LISTEN=0.0.0.0:8080 \
    RELEVO_ADMIN_LISTEN=0.0.0.0:8081 \
    RELEVO_DATA_DIR=/var/lib/relevo \
    RELEVO_BUSINESS_DIR=/etc/relevo/business \
    RELEVO_LOG_FORMAT=json
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["relevo", "probe", "--alive"]
ENTRYPOINT ["relevo"]
CMD ["serve"]
