#!/bin/bash
# build.sh DIR: librdkafka 2.15.1 with its tests, from the npm package that carries its whole source tree, built in
# DIR/librdkafka. Does nothing when that is done. Needs the packages of `./dev deps build compat`.
set -euo pipefail
package=@confluentinc/kafka-javascript
version=1.10.1
sha256=ada7d703bb1d3237e2292bfabf438d663b6160c9f1ac2a2406b5dc4257c81b66

mkdir -p "$1"
cd "$1"
stamp="librdkafka of $package@$version"
[ "$(cat stamp 2>/dev/null)" != "$stamp" ] || exit 0

step() {
  echo "librdkafka: $1" >&2
  shift
  "$@" >>build.log 2>&1 </dev/null || { tail -30 build.log >&2; echo "librdkafka: failed: $*" >&2; exit 1; }
}
: >build.log
tarball=confluentinc-kafka-javascript-$version.tgz
step "fetching $package@$version" npm pack --loglevel error "$package@$version"
echo "$sha256  $tarball" | sha256sum --check --quiet
rm -rf librdkafka
step "unpacking" tar xzf "$tarball" --strip-components=3 --one-top-level=librdkafka package/deps/librdkafka
cd librdkafka
ln -sf ../build.log build.log
step "configuring" ./configure --enable-ssl --enable-gssapi --enable-zstd --enable-lz4-ext --enable-zlib --enable-curl
step "building the libraries" make -j"$(nproc)" libs
step "building its tests" make -j"$(nproc)" -C tests build
cd ..
echo "$stamp" >stamp
