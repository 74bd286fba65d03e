# The Dockerfile of the tunnel tools as the comparison found it: the blocks that it calls "Current", and what it says of the rest.
FROM debian:12-slim AS tunnel-builder
RUN apt-get update && apt-get install -y --no-install-recommends python3 tini && \
    rm -rf /var/lib/apt/lists/*
RUN mkdir -p /app /var/run /var/lib && \
    echo "LUCID_TUNNEL_TOOLS_RUNTIME_DIRECTORY" > /var/run/.keep && \
    echo "LUCID_TUNNEL_TOOLS_LIB_DIRECTORY" > /var/lib/.keep && \
    echo "LUCID_TUNNEL_TOOLS_BINARIES_INSTALLED_$(date +%s)" > /usr/local/bin/.lucid-marker
COPY 02-network-security/tunnels/ /app/

FROM gcr.io/distroless/python3-debian12:latest
ARG BUILD_DATE
ARG VCS_REF
ARG VERSION=1.0.0
LABEL maintainer="Lucid Development Team"
ENV PATH=/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/app
WORKDIR /app
COPY --from=tunnel-builder --chown=65532:65532 /var/run/.keep /var/run/.keep
COPY --from=tunnel-builder --chown=65532:65532 /var/lib/.keep /var/lib/.keep
COPY --from=tunnel-builder --chown=65532:65532 /usr/local/bin /usr/local/bin
COPY --from=tunnel-builder --chown=65532:65532 /usr/bin/tini /usr/bin/tini
COPY --from=tunnel-builder --chown=65532:65532 /app /app
EXPOSE 7000
HEALTHCHECK --interval=30s --timeout=10s --start-period=45s --retries=3 \
    CMD ["python3", "-c", "import os, socket; host = os.getenv('CONTROL_HOST', 'tor-proxy'); port = int(os.getenv('CONTROL_PORT', '9051')); s = socket.socket(); s.connect((host, port)); s.close(); exit(0)"]
USER 65532:65532
ENTRYPOINT ["/usr/bin/tini", "--", "python3", "/app/entrypoint.py"]
