# The broker's image: the program, the libraries it needs, a shell and wget (busybox), nothing else.
#
#   docker build -t barnabas .     compiles in the image's build stage
#   ./dev image                    compiles here, with the caches of this machine, and packs the outcome
FROM debian:bookworm AS build
WORKDIR /src
COPY . .
# build/image/barnabas is there when ./dev image has compiled it outside.
RUN apt-get update -qq \
 && apt-get install -qqy --no-install-recommends busybox-static ca-certificates binutils >/dev/null \
 && if [ ! -x build/image/barnabas ]; then \
      ./dev build release barnabas && mkdir -p build/image && cp build/release/barnabas build/image/; fi \
 && docker/libraries.sh build/image/barnabas >/tmp/packages \
 && if [ -s /tmp/packages ]; then apt-get install -qqy --no-install-recommends $(cat /tmp/packages) >/dev/null; fi \
 && docker/rootfs.sh build/image/barnabas /rootfs

FROM scratch
COPY --from=build /rootfs /
USER barnabas
WORKDIR /var/lib/barnabas
VOLUME /var/lib/barnabas
EXPOSE 9092
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
  CMD ["/bin/busybox", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9080/readyz"]
ENTRYPOINT ["/usr/bin/barnabas"]
CMD ["server", "/etc/barnabas/server.properties"]
