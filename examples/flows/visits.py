"""Visits in an access log: requests of one visitor with less than `gap_minutes` between them.

Parameters (JSON, in the file that SLUICE_PARAMETERS_FILE names):
  log          path of the access log
  gap_minutes  silence that ends a visit
  top          how many visitors to list
"""

import json
import os
import re
import sys
from collections import defaultdict
from datetime import datetime, timedelta

LINE = re.compile(r'(\S+) \S+ \S+ \[([^\]]+)\] "\w+ (\S+)')


def main():
    with open(os.environ["SLUICE_PARAMETERS_FILE"], encoding="utf-8") as file:
        parameters = json.load(file)
    gap = timedelta(minutes=parameters["gap_minutes"])

    requests = defaultdict(list)
    with open(parameters["log"], encoding="utf-8") as file:
        for line in file:
            visitor, time, path = LINE.match(line).groups()
            if path != "/health":
                requests[visitor].append(datetime.strptime(time, "%d/%b/%Y:%H:%M:%S %z"))

    visits = {
        visitor: 1 + sum(later - earlier > gap for earlier, later in zip(times, times[1:]))
        for visitor, times in requests.items()
    }
    print(f"run {os.environ['SLUICE_FLOW_RUN_NAME']}: {sum(visits.values())} visits", end=" ")
    print(f"of {len(visits)} visitors, a visit ends after {gap.seconds // 60} min of silence")
    most = sorted(visits, key=lambda visitor: (-visits[visitor], visitor))
    for visitor in most[: parameters["top"]]:
        print(f"  {visitor:<16} {visits[visitor]:>3} visits {len(requests[visitor]):>4} requests")


if __name__ == "__main__":
    sys.exit(main())
