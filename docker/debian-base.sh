#!/bin/bash
# debian-base.sh: makes the image debian:bookworm with debootstrap, for machines that have a Docker engine and a Debian
# mirror but cannot pull from a registry. Needs root.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
debootstrap --variant=minbase bookworm "$folder/root" http://deb.debian.org/debian >"$folder/log" 2>&1 ||
  { tail -5 "$folder/log" >&2; exit 1; }
cp /etc/resolv.conf "$folder/root/etc/resolv.conf"
tar -C "$folder/root" -c . | docker import - debian:bookworm
