#!/bin/sh
# Writes one dump of the database into the folder, and removes those older than KEEP_DAYS (14) once the new one can be read.
# Usage: deploy/backup.sh FOLDER    (PGHOST, PGUSER, PGPASSWORD, … say where the database is; PGDATABASE which, by default hub)
set -eu
umask 077
folder=$1
dump=$folder/hub-$(date +%Y-%m-%d-%H%M%S).dump
pg_dump --format=custom --file="$dump.part" "${PGDATABASE:-hub}"
pg_restore --list "$dump.part" >/dev/null
mv "$dump.part" "$dump"
find "$folder" -name 'hub-*.dump*' -mtime +"${KEEP_DAYS:-14}" -delete
echo "The database was saved to $dump."
