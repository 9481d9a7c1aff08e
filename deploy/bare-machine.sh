#!/usr/bin/env bash
# The documents and the commands as a newcomer runs them: on a bare Debian.
#
#   deploy/bare-machine.sh [RELEASE[:PYTHON]...]
#
# For each release (by default the previous one, the current one and the next one) it makes a root with debootstrap and the
# packages that README asks for, tries these parts on the last commit, and prints one line:
#   readme       README's "Try it" as it stands there, as a user without rights, in a folder with a blank in its name
#   demo, test   `make demo ONCE=1` and `make test`, by the same user
#   production   docs/production.md as it stands there, as root; then a webhook has to become a job
# testing:python3.15 takes that Python instead of the release's own. Ends with 1 when a part failed; with 3 when none did but
# Debian's mirror or the package index could not be reached, which says nothing about the hub. The logs are in var/bare-machine/.
#
# Run it as root, with debootstrap and slirp4netns installed: each root has a network of its own, so that its PostgreSQL, Redis
# and portal do not meet those of this machine. Variables:
#   PARTS       which parts (default: readme demo test production)
#   MIRROR      where Debian's packages come from (default: where this machine's apt gets them)
#   TEST_ARGS   what pytest is to run (default: all tests)
#   ROOTS       the folder in which the roots are made and removed again (default: /var/tmp; /dev/shm is quicker)
#
# The roots reach the package index as this machine does: pip's settings, proxies and certificates are handed on.
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)
logs=$project/var/bare-machine
PARTS=${PARTS:-readme demo test production}

fail() { echo "bare-machine: $*" >&2; exit 2; }
[ "$(id -u)" = 0 ] || fail "run it as root: it makes the root of another system"
for program in debootstrap slirp4netns; do
  command -v "$program" >/dev/null || fail "$program is missing: apt install $program"
done

# shellcheck disable=SC2016 # for apt-get and awk
apt_mirror() {
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 'Created-By: Packages' | awk '$1 " " $2 == "Debian Debian" { print $3; exit }'
}
MIRROR=${MIRROR:-$(apt_mirror)}
[ -n "$MIRROR" ] || fail "apt knows no mirror of Debian here; name one with MIRROR="

# What README says that a newcomer installs.
readme_packages() { sed -nE 's/.*`sudo apt install ([a-z0-9 .-]+)`.*/\1/p' "$project/README.md" | head -1 | tr ' ' ','; }

# Runs in a mount and process namespace of its own, which takes every mount and every process with it when it ends.
in_namespace() { unshare --mount --pid --fork --kill-child --mount-proc -- "$@"; }

make_root() { # RELEASE ROOT PYTHON
  in_namespace timeout 900 debootstrap --variant=minbase --include="ca-certificates,$(readme_packages),$3-venv" "$1" "$2" "$MIRROR"
  cp /etc/hosts "$2/etc/"
  echo "nameserver 10.0.2.3" >"$2/etc/resolv.conf"
  cp /etc/ssl/certs/ca-certificates.crt "$2/etc/ssl/certs/"
  # Those that this machine trusts for its package index stay when `update-ca-certificates` runs.
  cp /etc/ssl/certs/ca-certificates.crt "$2/usr/local/share/ca-certificates/machine.crt"
  for file in /etc/pip.conf /etc/xdg/pip; do
    if [ -e "$file" ]; then mkdir -p "$2/${file%/*}" && cp -r "$file" "$2/$file"; fi
  done
  # With a branch, so that `git pull` knows what it pulls; the last commit of a checkout may be on none.
  git clone --quiet --bare "file://$project" "$2/srv/hub.git"
  git -C "$2/srv/hub.git" update-ref refs/heads/main "$(git -C "$project" rev-parse HEAD)"
  git -C "$2/srv/hub.git" symbolic-ref HEAD refs/heads/main
  git -C "$2/srv/hub.git" bundle create --quiet "$2/srv/hub.bundle" HEAD main
  cp -r "$project/deploy/as-written" "$2/srv/"
  chroot "$2" useradd --create-home --shell /bin/bash newcomer
}

slirp=""
open_network() { # ROOT: a network of its own with a way out
  touch "$1.net"
  unshare --net="$1.net" true
  slirp4netns --configure --mtu=65520 --disable-host-loopback --netns-type=path "$1.net" tap0 >"$logs/$(basename "$1")-network.log" 2>&1 &
  slirp=$!
  timeout 20 nsenter --net="$1.net" sh -c 'until grep -q tap0 /proc/self/net/route; do sleep 0.1; done' || fail "slirp4netns gave no network"
}

close_network() { # ROOT
  kill "$slirp" 2>/dev/null || true
  wait "$slirp" 2>/dev/null || true
  umount "$1.net" && rm "$1.net"
}

as() { # USER ROOT COMMAND...
  local user=$1 root=$2 name handed=() home=/root
  [ "$user" = root ] || home=/home/$user
  shift 2
  while IFS= read -r name; do handed+=("$name=${!name}"); done < <(
    compgen -e | grep -iE '^(pip_.*|https?_proxy|no_proxy|all_proxy|ssl_cert_(file|dir)|requests_ca_bundle)$'
  )
  # shellcheck disable=SC2016
  in_namespace nsenter --net="$root.net" bash -c '
    mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/dev/shm" && chmod 1777 "$0/dev/shm"
    exec chroot --userspec="$1:$1" "$0" "${@:2}"
  ' "$root" "$user" /usr/bin/env -i HOME="$home" USER="$user" LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "${handed[@]}" "$@"
}

as_written() { # USER ROOT SCRIPT DOCUMENT [HEADING]
  python3 "$project/deploy/as-written/steps.py" "${@:4}" >"$2/srv/as-written/steps.sh"
  as "$1" "$2" bash "/srv/as-written/$3" /srv/as-written /srv/hub.bundle
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

# Whether a part failed because Debian's mirror or the package index did not answer, as apt and pip say it.
unreachable() { # LOG
  grep -qE '^E: (Failed to fetch|Unable to fetch)|^ERROR: Could not install packages due to an OSError: HTTPS?ConnectionPool' "$1" ||
    { grep -q '^WARNING: Retrying .* after connection broken by' "$1" && grep -qE '^ERROR: (Could not find a version|No matching distribution)' "$1"; }
}

part() { # PART ROOT LOG PYTHON
  local hub="/home/newcomer/my hub"
  case $1 in
    readme) try "README as written" "$3" as_written newcomer "$2" readme.sh "$project/README.md" "Try it" ;;
    production) try "production as written" "$3" as_written root "$2" production.sh "$project/docs/production.md" ;;
    demo) try "make demo" "$3" as newcomer "$2" make -C "$hub" demo ONCE=1 PYTHON="$4" ;;
    test) try "make test" "$3" as newcomer "$2" make -C "$hub" test PYTHON="$4" ${TEST_ARGS:+"ARGS=$TEST_ARGS"} ;;
    *) fail "there is no part $1" ;;
  esac
}

check() { # RELEASE[:PYTHON] FOLDER
  local release=${1%%:*} python=python3 root log line one
  [[ $1 != *:* ]] || python=${1#*:}
  root=$2/$release-$python
  log=$logs/$release-$python
  try "root" "$log-root.log" make_root "$release" "$root" "$python"
  if [[ $outcome == *FAILED* ]]; then
    echo "Debian $release: $outcome"
    [ "$result" = 1 ] || result=3
    return
  fi
  local made=$outcome
  open_network "$root"
  # shellcheck disable=SC2016 # for the shell in the root
  line="$(as newcomer "$root" sh -c '. /etc/os-release; echo "$PRETTY_NAME, $("$0" --version)"' "$python"): $made"
  as newcomer "$root" git -c advice.detachedHead=false -c init.defaultBranch=main clone --quiet /srv/hub.bundle "/home/newcomer/my hub"
  for one in $PARTS; do
    part "$one" "$root" "$log-$one.log" "$python"
    if [[ $outcome == *FAILED* ]] && unreachable "$log-$one.log"; then
      outcome="$one left out: Debian's mirror or the package index did not answer (see $log-$one.log)"
      [ "$result" = 1 ] || result=3
    fi
    line="$line, $outcome"
    [ "$one" != test ] || line="$line ($(sed -nE 's/^=* ?(.*(passed|failed|error).*) in [0-9.]+s.*/\1/p' "$log-test.log" | tail -1))"
  done
  [[ $line != *FAILED* ]] || result=1
  echo "$line"
  close_network "$root"
  rm -rf --one-file-system "$root"
}

main() {
  local roots one
  mkdir -p "$logs"
  roots=$(mktemp -d "${ROOTS:-/var/tmp}/bare-machine.XXXXXX")
  # shellcheck disable=SC2064 # the folder as it is now
  trap "kill \$slirp 2>/dev/null || true; umount '$roots'/*.net 2>/dev/null || true; rm -rf --one-file-system '$roots'" EXIT
  chmod 755 "$roots"
  [ $# -gt 0 ] || set -- oldstable stable testing
  for one in "$@"; do check "$one" "$roots"; done
  exit "$result"
}

main "$@"
