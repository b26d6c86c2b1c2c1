# shellcheck shell=bash
# What the scripts need of the machine: Rust, and programs from Debian's packages, which are
# installed where they are missing. Sourced by every script here.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export root
# Where rustup puts cargo; a shell that is no login shell may not have it.
export PATH="$PATH:${HOME:-}/.cargo/bin"

# Exit codes of sysexits.h: a wrong call, and something that the machine does not have.
# shellcheck disable=SC2034 # used by the scripts that source this file
readonly usage_error=64 unavailable=69

say() { printf '%s\n' "$*" >&2; }

die() {
  local code=$1
  shift
  say "error: $*"
  exit "$code"
}

# Prints the comment at the top of the calling script, which is its help.
print_help() { sed -n '2,/^[^#]/ { s/^# \{0,1\}//p }' "$0"; }

# Prints the path of PROGRAM. Debian keeps the real ones of RabbitMQ and PostgreSQL outside PATH,
# and the rabbitmq-server in PATH is a wrapper that insists on the system's own folders.
find_program() {
  local candidate newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/"$1" | sort -V | tail -n 1)
  for candidate in "$newest" "/usr/lib/rabbitmq/bin/$1" "$(command -v "$1")" "/usr/sbin/$1"; do
    if [[ -x $candidate ]]; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

# The newest tag before this commit; fails while there is none.
version_before() { git -C "$root" describe --tags --abbrev=0 HEAD^ 2>/dev/null; }

# need_programs PROGRAM:PACKAGE...: installs the packages whose program is missing.
need_programs() {
  local pair packages=()
  for pair; do
    find_program "${pair%%:*}" >/dev/null || packages+=("${pair#*:}")
  done
  if ((${#packages[@]})); then install_packages "${packages[@]}"; fi
}

# Rust itself, and a C compiler with its headers: aws-lc and SQLite are built from C.
need_rust() {
  command -v cargo >/dev/null ||
    die $unavailable "cargo is missing: install Rust with rustup (rust-toolchain.toml names the version)"
  cc -E -include stdlib.h -x c /dev/null >/dev/null 2>&1 || install_packages gcc libc6-dev
}

install_packages() {
  local as_root=() output
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || cannot_install "$@"
    as_root=(sudo -n)
  fi
  command -v apt-get >/dev/null || cannot_install "$@"
  say "installing Debian's packages: $*"
  # The policy file keeps the packages' own services from starting: nothing here uses them.
  # shellcheck disable=SC2016 # the inner shell expands it
  output=$("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -ec '
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
      trap "rm -f $policy" EXIT
      printf "#!/bin/sh\nexit 101\n" > $policy
      chmod 755 $policy
    fi
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
  ' sh "$@" 2>&1 </dev/null) || {
    say "$output"
    cannot_install "$@"
  }
}

cannot_install() {
  die $unavailable "packages are missing and cannot be installed from here; as root: apt-get install $*"
}
