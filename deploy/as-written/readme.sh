#!/usr/bin/env bash
# In a bare root, as a user without rights: runs README's "Try it" as it stands there, then looks whether it does what it promises.
# Usage: readme.sh FOLDER BUNDLE    (the folder holds this script and steps.sh, the bundle the project as git has it)
set -euo pipefail
git config --global "url.$2.insteadOf" https://git.example.com/automation-hub.git
mkdir -p "$HOME/my projects"
cd "$HOME/my projects"
said="$HOME/said.txt"

# A job of its own, as in a terminal: Ctrl-C reaches all of it, also where this script was started with Ctrl-C switched off.
set -m
env --default-signal=INT bash "$1/steps.sh" >"$said" 2>&1 &
demo=$!
trap 'kill -- -$demo 2>/dev/null || true' EXIT

fail() { cat "$said"; echo "NOT AS PROMISED: $1"; exit 1; }
until grep -q "^Ctrl-C stops all of it" "$said"; do
  if [ "$SECONDS" -gt 900 ] || ! kill -0 "$demo" 2>/dev/null; then fail "the portal's address after the table"; fi
  sleep 1
done
cat "$said"
echo "== Checks"
echo "as promised: the demo is there after $SECONDS s"
[ "$(grep -cE '^ *[0-9]{5} ' "$said")" -ge 14 ] || fail "a table of fourteen orders"
python3 - "$(sed -n 's/^The portal is at //p' "$said")" <<'PY' || fail "a portal that one can sign in to"
import http.cookiejar, re, sys, urllib.parse, urllib.request

address, _, user, _, password = sys.argv[1].split()
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
form = opener.open(f"{address}login/", timeout=30).read().decode()
token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
typed = {"csrfmiddlewaretoken": token, "username": user, "password": password, "next": "/admin/"}
home = opener.open(f"{address}login/", urllib.parse.urlencode(typed).encode(), timeout=30).read().decode()
assert "/admin/logout/" in home
print("as promised: the printed user and password open the portal")
PY
kill -INT -- "-$demo"
for _ in $(seq 150); do kill -0 "$demo" 2>/dev/null || break; sleep 1; done
if kill -0 "$demo" 2>/dev/null; then fail "that Ctrl-C stops it"; fi
! python3 -c 'import socket; socket.create_connection(("127.0.0.1", 8000), 5)' 2>/dev/null || fail "that Ctrl-C stops all of it"
echo "as promised: Ctrl-C stops all of it"
