# The image of lucid-verify itself, of static binaries that lie in dist/OS/ARCHITECTURE/ (.github/workflows/release.yml makes them).
# It holds under `--profile generic --fail-on warn`: tests/own_image.rs assembles it from this file and asks.
ARG BASE=gcr.io/distroless/static-debian12:nonroot
FROM ${BASE}
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=https://github.com/lucid-verify/lucid-verify
LABEL org.opencontainers.image.title="lucid-verify"
LABEL org.opencontainers.image.description="Verifies a container image from its registry, from the bytes alone"
LABEL org.opencontainers.image.licenses="Apache-2.0"
LABEL org.opencontainers.image.source="${SOURCE}"
LABEL org.opencontainers.image.version="${VERSION}"
LABEL org.opencontainers.image.revision="${REVISION}"
COPY --chmod=0755 dist/${TARGETOS}/${TARGETARCH}/lucid-verify /usr/bin/lucid-verify
USER 65532:65532
ENTRYPOINT ["/usr/bin/lucid-verify"]
