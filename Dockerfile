# An image of the server: docs/container.md says how to build and run it.
ARG SWIFT_IMAGE=swift:6.3-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

# What the server is built with: the Debian packages are PACKAGES of the Makefile.
FROM ${SWIFT_IMAGE} AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        libcurl4-openssl-dev libssl-dev pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift .
RUN swift package resolve
COPY Sources Sources
COPY Examples Examples
# The package is not whole without its tests.
COPY Tests Tests
RUN swift build -c release --product embed-server --static-swift-stdlib \
    && strip -o /embed-server .build/release/embed-server

# The server, the libraries it links against, and OpenBLAS, which is loaded where compute.backend asks for it.
FROM ${RUNTIME_IMAGE} AS server
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates libcurl4 libopenblas0-pthread libssl3 libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
    && install -d -o 10001 -g 0 -m 0775 /data /data/models /data/batches
COPY LICENSE /usr/share/doc/embed-server/
COPY --from=build /embed-server /usr/local/bin/
ENV EMBED_HOME=/data \
    EMBED_CONFIG=/etc/embed-server/config.json \
    EMBED_SERVER_HOST=0.0.0.0
# The server has threads of its own. OpenBLAS would start one for each CPU of the machine, whatever the limits are.
ENV OPENBLAS_NUM_THREADS=1

# The weights, if MODEL says which.
FROM server AS model
ARG MODEL=
ARG HF_ENDPOINT=
ARG ACCEPT_LICENSE=
COPY scripts /scripts/
RUN --mount=type=secret,id=hf_token /scripts/image-model "$MODEL"

FROM server
LABEL org.opencontainers.image.title="embed-server" \
    org.opencontainers.image.description="A self-hosted HTTP server for text embeddings on CPUs" \
    org.opencontainers.image.licenses="Apache-2.0"
COPY --from=model /etc/embed-server /etc/embed-server
COPY --from=model --chown=10001:0 /data/models /data/models
# A number, so that Kubernetes sees that it is not root. Any other does as well, in group 0 if it shall write.
USER 10001:10001
WORKDIR /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=10s --start-period=2m CMD ["embed-server", "health"]
ENTRYPOINT ["embed-server"]
CMD ["serve"]
