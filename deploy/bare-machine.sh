#!/usr/bin/env bash
# Both commands as a newcomer runs them: on a bare Debian, as a user without rights, in a folder with a blank in its name.
#
#   deploy/bare-machine.sh [RELEASE[:PYTHON]...]
#
# For each release (by default the previous one, the current one and the next one) it makes a root with debootstrap, clones the
# last commit into it, runs `make demo ONCE=1` and `make test` there, and prints one line. testing:python3.15 takes that
# Python instead of the release's own. Ends with 1 when a command failed, with 3 when no command did but a root could not be
# made (which says nothing about the hub). The logs are in var/bare-machine/.
#
# Run it as root, with debootstrap installed. Variables:
#   MIRROR      where Debian's packages come from (default: where this machine's apt gets them)
#   TEST_ARGS   what pytest is to run (default: all tests)
#   ROOTS       the folder in which the roots are made and removed again (default: /var/tmp; /dev/shm is quicker)
#
# The roots reach the package index as this machine does: pip's settings, proxies and certificates are handed on.
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)
logs=$project/var/bare-machine

fail() { echo "bare-machine: $*" >&2; exit 2; }
[ "$(id -u)" = 0 ] || fail "run it as root: it makes the root of another system"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt install debootstrap"

# shellcheck disable=SC2016 # for apt-get and awk
apt_mirror() {
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 'Created-By: Packages' | awk '$1 " " $2 == "Debian Debian" { print $3; exit }'
}
MIRROR=${MIRROR:-$(apt_mirror)}
[ -n "$MIRROR" ] || fail "apt knows no mirror of Debian here; name one with MIRROR="

# Runs in a mount and process namespace of its own, which takes every mount and every process with it when it ends.
in_namespace() { unshare --mount --pid --fork --kill-child --mount-proc -- "$@"; }

make_root() { # RELEASE ROOT PACKAGES
  in_namespace debootstrap --variant=minbase --include="ca-certificates,git,make,$3" "$1" "$2" "$MIRROR"
  cp /etc/resolv.conf /etc/hosts "$2/etc/"
  cp /etc/ssl/certs/ca-certificates.crt "$2/etc/ssl/certs/"
  for file in /etc/pip.conf /etc/xdg/pip; do
    if [ -e "$file" ]; then mkdir -p "$2/${file%/*}" && cp -r "$file" "$2/$file"; fi
  done
  git -C "$project" bundle create --quiet "$2/srv/hub.bundle" HEAD
  chroot "$2" useradd --create-home newcomer
}

as_newcomer() { # ROOT COMMAND...
  local root=$1 name handed=()
  shift
  while IFS= read -r name; do handed+=("$name=${!name}"); done < <(
    compgen -e | grep -iE '^(pip_.*|https?_proxy|no_proxy|all_proxy|ssl_cert_(file|dir)|requests_ca_bundle)$'
  )
  # shellcheck disable=SC2016
  in_namespace bash -c '
    mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/dev/shm" && chmod 1777 "$0/dev/shm"
    exec chroot --userspec=newcomer:newcomer "$0" "$@"
  ' "$root" /usr/bin/env -i HOME=/home/newcomer USER=newcomer LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin \
    "${handed[@]}" "$@"
}

result=0
outcome=""
try() { # WHAT LOG COMMAND...: runs it into the log; $outcome says how that went
  local what=$1 log=$2 began=$SECONDS code
  shift 2
  set +e
  (set -e; "$@") >"$log" 2>&1 </dev/null
  code=$?
  set -e
  outcome="$what good in $((SECONDS - began)) s"
  if [ "$code" != 0 ]; then
    outcome="$what FAILED after $((SECONDS - began)) s (see $log)"
  fi
}

check() { # RELEASE[:PYTHON] FOLDER
  local release=${1%%:*} python=python3 hub="/home/newcomer/my hub" root log line
  [[ $1 != *:* ]] || python=${1#*:}
  root=$2/$release-$python
  log=$logs/$release-$python
  try "root" "$log-root.log" make_root "$release" "$root" "$python-venv"
  if [[ $outcome == *FAILED* ]]; then
    echo "Debian $release: $outcome"
    [ "$result" = 1 ] || result=3
    return
  fi
  local made=$outcome
  # shellcheck disable=SC2016 # for the shell in the root
  line=$(as_newcomer "$root" sh -c '. /etc/os-release; echo "$PRETTY_NAME, $("$0" --version)"' "$python")
  as_newcomer "$root" git -c advice.detachedHead=false clone --quiet /srv/hub.bundle "$hub"
  try "make demo" "$log-demo.log" as_newcomer "$root" make -C "$hub" demo ONCE=1 PYTHON="$python"
  line="$line: $made, $outcome"
  try "make test" "$log-test.log" as_newcomer "$root" make -C "$hub" test PYTHON="$python" ${TEST_ARGS:+"ARGS=$TEST_ARGS"}
  line="$line, $outcome"
  [[ $line != *FAILED* ]] || result=1
  echo "$line ($(sed -nE 's/^=* ?(.*(passed|failed|error).*) in [0-9.]+s.*/\1/p' "$log-test.log" | tail -1))"
  rm -rf --one-file-system "$root"
}

main() {
  local roots one
  mkdir -p "$logs"
  roots=$(mktemp -d "${ROOTS:-/var/tmp}/bare-machine.XXXXXX")
  # shellcheck disable=SC2064 # the folder as it is now
  trap "rm -rf --one-file-system '$roots'" EXIT
  [ $# -gt 0 ] || set -- oldstable stable testing
  for one in "$@"; do check "$one" "$roots"; done
  exit "$result"
}

main "$@"
