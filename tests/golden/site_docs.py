#!/usr/bin/env python3
"""Every role and condition of the matrix stands in docs/site.md, and every key of a site."""
import json
import os
import re
import subprocess
import sys

source = os.environ["VISAVIS_SOURCE"]
rows = json.loads(subprocess.run([sys.argv[1], "flows", "--json"], check=True, capture_output=True).stdout)["rows"]
words = {"site", "security", "networks", "hosts", "firewalls", "conditions", "links", "matrices", "narrow",
         "role", "address", "number", "screens"}
for row in rows:
    words |= {row["when"], *row["from"], *row["to"]}
    words |= {port["when"] for port in row["source_ports"] + row["ports"]}
with open(os.path.join(source, "docs/site.md"), encoding="utf-8") as f:
    told = set(re.findall(r"`([^`\n]+)`", f.read()))
missing = sorted(words - told)
if missing:
    print("docs/site.md does not explain:", ", ".join(missing))
sys.exit(bool(missing))
