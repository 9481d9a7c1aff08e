#!/usr/bin/env bash
# In a bare root, as root: runs docs/production.md as it stands there, then looks whether the hub does what the page promises.
# Usage: production.sh FOLDER BUNDLE    (the folder holds this script and steps.sh, the bundle the project as git has it)
set -euo pipefail
here=$1
host=hub.example.com
began=$SECONDS

# What stands for the world outside: the name of the host, the project's address, and systemd.
echo "127.0.0.1 $host" >>/etc/hosts
git config --system "url.$2.insteadOf" https://git.example.com/automation-hub.git
cp "$here/systemctl" /usr/local/bin/systemctl
# As on a machine with systemd, packages start their services; here by their scripts in /etc/init.d.
printf '#!/bin/sh\nexit 0\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
FIRST_PASSWORD=$(head -c 18 /dev/urandom | base64)
export FIRST_PASSWORD

bash "$here/steps.sh" 2>&1 | tee "$here/said.txt"
echo
echo "== Checks"
took=$((SECONDS - began))

promised() { # WHAT COMMAND...
  "${@:2}" || { echo "NOT AS PROMISED: $1"; tail -n 40 /var/log/as-written/*.log; exit 1; }
  echo "as promised: $1"
}
ready() { curl --no-progress-meter --fail-with-body --retry 20 --retry-delay 3 "https://$host/api/health/ready/"; }
signs_in() {
  local page="https://$host/admin/login/" jar
  jar=$(mktemp)
  curl --silent --fail --cookie-jar "$jar" --output /dev/null "$page"
  curl --silent --fail --location --cookie "$jar" --cookie-jar "$jar" --referer "$page" \
    --data-urlencode "csrfmiddlewaretoken=$(awk '/csrftoken/ { print $7 }' "$jar")" --data-urlencode username=admin \
    --data-urlencode "password=$FIRST_PASSWORD" --data-urlencode next=/admin/ "$page" | grep --count /admin/logout/ >/dev/null
}
leads_to_https() { [ "$(curl --silent --output /dev/null --write-out '%{http_code} %{redirect_url}' "http://$host/admin/")" = "301 https://$host/admin/" ]; }
keeps_private() { [ "$(stat --format '%U:%G %a' /opt/hub/.env)" = "hub:hub 600" ] && ! runuser -u www-data -- ls /opt/hub/var /var/backups/hub 2>/dev/null; }

no_issues() { grep -q "^System check identified no issues" "$here/said.txt"; }

promised "the check before it is opened to the internet finds nothing" no_issues
promised "the hub is ready" ready
promised "the portal answers and the first user can sign in" signs_in
promised "http leads to https" leads_to_https
promised "keys, data and backups are private" keeps_private
promised "a worker makes the job of an order from its webhook" runuser -u hub -- sh -c "cd /opt/hub && .venv/bin/python $here/order.py https://$host"
promised "web and worker end when they are asked to" systemctl stop hub-web hub-worker
echo "The steps took $took s."
