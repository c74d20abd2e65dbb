# syntax=docker/dockerfile:1
# The gateway alone, linked statically: nothing else is in the image but certificates and a folder for data.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache build-base ca-certificates
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --locked --profile deploy --package event-gateway \
    && mkdir -p /image/data /image/etc/ssl/certs \
    && chmod 700 /image/data \
    && cp target/deploy/event-gateway /image/ \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && printf 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/data:/sbin/nologin\n' > /image/etc/passwd

FROM scratch
COPY --from=build /image/etc /etc
COPY --from=build --chown=65532:65532 /image/data /data
COPY --from=build /image/event-gateway /event-gateway
ENV EVENT_GATEWAY_EMBED_DATA_DIR=/data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 4000 4001
ENTRYPOINT ["/event-gateway"]
