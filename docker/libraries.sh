#!/bin/bash
# libraries.sh PROGRAM: the Debian 12 packages of the shared libraries that PROGRAM names and this machine lacks.
set -euo pipefail
objdump -p "$1" | sed -n 's/^ *NEEDED *//p' | while read -r library; do
  if ldconfig -p | grep -qF "$library "; then continue; fi
  case $library in
    libssl.so.3 | libcrypto.so.3) echo libssl3 ;;
    libz.so.1) echo zlib1g ;;
    libzstd.so.1) echo libzstd1 ;;
    liblz4.so.1) echo liblz4-1 ;;
    libsnappy.so.1) echo libsnappy1v5 ;;
    libre2.so.9) echo libre2-9 ;;
    libstdc++.so.6) echo libstdc++6 ;;
    libgcc_s.so.1) echo libgcc-s1 ;;
    *) echo "libraries.sh: no package known for $library" >&2; exit 1 ;;
  esac
done | sort -u
