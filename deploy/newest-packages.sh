#!/usr/bin/env bash
# What is newer than the pins of pyproject.toml, and what of the hub breaks with it. Works in var/newest and changes nothing else.
# Usage: make newest [ARGS="tests/planning tests/api"]   (the tests that are run with the newest packages)
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
folder=var/newest
tests=("${@:-}")
[ -n "${tests[0]}" ] || tests=(tests/lib tests/planning tests/mappings tests/clients tests/core tests/api)

rm -rf "$folder" && mkdir -p "$folder"
"$python" -m venv "$folder/tools" && "$folder/tools/bin/python" -m pip install --quiet --disable-pip-version-check uv==0.13.9
uv=("$folder/tools/bin/uv" --quiet)

# The declared packages without their pins, for the Python that runs this.
sed -E 's/^(    "[A-Za-z0-9_.-]+(\[[^]]*\])?)==[^"]*"/\1"/' pyproject.toml > "$folder/pyproject.toml"
"${uv[@]}" pip compile "$folder/pyproject.toml" --group "$folder/pyproject.toml:dev" --python "$python" --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links --output-file "$folder/newest.txt" > "$folder/compile.log" 2>&1 || { cat "$folder/compile.log"; exit 1; }

echo "Newer than locked:"
"$python" - requirements-dev.lock "$folder/newest.txt" <<'PY'
import re
import sys
from pathlib import Path

pin = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.MULTILINE)
locked, newest = (
    {name.lower().replace("_", "-"): version for name, version in pin.findall(Path(file).read_text(encoding="utf-8"))}
    for file in sys.argv[1:]
)
changed = [(name, locked.get(name, "not locked"), version) for name, version in newest.items() if locked.get(name) != version]
for name, before, after in sorted(changed):
    print(f"  {name:<36} {before:>14} -> {after}")
print("  nothing" if not changed else f"  {len(changed)} packages")
PY

"${uv[@]}" venv --python "$python" --seed "$folder/venv"
"${uv[@]}" pip install --python "$folder/venv/bin/python" --requirements "$folder/newest.txt"
echo "With them:"
code=0
DEBUG=true "$folder/venv/bin/python" -W error::DeprecationWarning -m django check --settings automationhub.settings || code=1
DEBUG=true "$folder/venv/bin/python" manage.py makemigrations --check --dry-run || code=1
# That what is installed is what is locked cannot hold here.
"$folder/venv/bin/python" -m pytest -q -p no:cacheprovider --numprocesses auto --dist loadfile --deselect tests/lib/test_dependencies.py \
  "${tests[@]}" | tail -25 || code=1
exit "$code"
