#!/bin/sh
# What an access log says at a glance: status codes, the busiest paths, and what failed.
# Usage: access-report.sh FILE
set -eu
log=$1

echo "$(wc -l <"$log" | tr -d ' ') requests from $(cut -d' ' -f1 "$log" | sort -u | wc -l | tr -d ' ') visitors"

echo "Status codes:"
awk '{ count[$9]++ } END { for (code in count) print code, count[code] }' "$log" | sort |
  while read -r code count; do printf '  %s %5d\n' "$code" "$count"; done

echo "Busiest paths:"
awk '{ sub(/\?.*/, "", $7); print $7 }' "$log" | sort | uniq -c | sort -rn | head -5 |
  while read -r count path; do printf '  %5d  %s\n' "$count" "$path"; done

echo "Server errors by path:"
awk '$9 >= 500 { print $7, $9 }' "$log" | sort | uniq -c | sort -rn |
  while read -r count path code; do printf '  %5d  %s (%s)\n' "$count" "$path" "$code"; done
