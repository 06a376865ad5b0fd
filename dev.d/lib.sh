# What the verbs share. Sourced with BARNABAS_ROOT set; leaves the caller in the project's root.
cd "$BARNABAS_ROOT"

die() { echo "dev: $*" >&2; exit 1; }
say() { echo "dev: $*" >&2; }

cores() { nproc; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "not root and no sudo here; as root, run: $*"
  fi
}

# The packages of the named groups that are neither installed nor replaced by the command they bring.
missing_packages() {
  local group package command
  while read -r group package command; do
    case " $* " in *" $group "*) ;; *) continue ;; esac
    if [ -n "$command" ] && command -v "$command" >/dev/null; then continue; fi
    if dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then continue; fi
    echo "$package"
  done < <(sed '/^#/d;/^ *$/d' dev.d/packages.txt)
}

# Installs what is missing of the named groups; costs a few milliseconds when nothing is.
need() {
  local missing
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || die "no apt-get here; install by hand what stands for: " $missing
  say "installing" $missing
  local log
  log=$(mktemp)
  if ! { as_root env DEBIAN_FRONTEND=noninteractive apt-get update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
    >"$log" 2>&1 </dev/null; then
    tail -20 "$log" >&2
    die "apt-get failed"
  fi
  rm -f "$log"
}

# build_preset PRESET [-DOPTION=VALUE...] [-- TARGET...]: configures when needed, then builds.
build_preset() {
  local preset=$1 options=() targets=(all)
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --) shift; targets=("$@"); break ;;
      *) options+=("$1"); shift ;;
    esac
  done
  if [ ! -f "build/$preset/build.ninja" ] || [ ${#options[@]} -gt 0 ]; then
    mkdir -p build
    cmake --preset "$preset" "${options[@]}" >"build/$preset.configure.log" 2>&1 </dev/null ||
      { tail -40 "build/$preset.configure.log" >&2; die "cmake --preset $preset failed"; }
  fi
  # ninja's own progress overwrites one line of a terminal; elsewhere a line per file would be noise.
  if [ -t 1 ]; then
    ninja -C "build/$preset" "${targets[@]}"
  else
    ninja -C "build/$preset" "${targets[@]}" >"build/$preset.build.log" 2>&1 </dev/null ||
      { grep -vE '^\[[0-9]+/[0-9]+\]|^ninja: Entering' "build/$preset.build.log" | tail -60 >&2
        die "the build of preset $preset failed; all of it is in build/$preset.build.log"; }
  fi
}
