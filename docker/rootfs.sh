#!/bin/bash
# rootfs.sh PROGRAM FOLDER: the file system of the broker's image in FOLDER: PROGRAM stripped, the shared libraries it
# loads, busybox with a few names, the settings. Run inside the Debian release that PROGRAM was built on.
set -euo pipefail
program=$1
root=$2
here=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$root"/{bin,usr/bin,etc/barnabas,etc/ssl/certs,var/lib/barnabas}
mkdir -m 1777 "$root/tmp"
strip -o "$root/usr/bin/barnabas" "$program"
chmod 755 "$root/usr/bin/barnabas"

# Debian 12 has /lib and /lib64 inside /usr; the loader's path in the program is /lib64/ld-linux-x86-64.so.2.
ldd "$program" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*ld-linux[^ ]*\).*/\1/p' | sort -u |
  while read -r library; do install -D "$(realpath "$library")" "$root$library"; done

install "$(command -v busybox)" "$root/bin/busybox"
for name in sh ls cat wget nc sleep env id ps df du head tail grep sed find kill; do
  ln -s busybox "$root/bin/$name"
done
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo 'barnabas:x:1000:1000:barnabas:/var/lib/barnabas:/bin/sh' >"$root/etc/passwd"
echo 'barnabas:x:1000:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
cp "$here/server.properties" "$root/etc/barnabas/"
chown 1000:1000 "$root/var/lib/barnabas"
