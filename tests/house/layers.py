#!/usr/bin/env python3
"""Hold the code to its layers: layers.py SOURCE_DIR

data <- lib <- io <- daemons, lab, tools. lib includes no system header for
sockets, time or files, and no other component's headers. Prints TAP.
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
MAY_INCLUDE = {
    "lib": ("lib/", "data/"),
    "io": ("io/", "lib/", "data/"),
    "daemons": ("daemons/", "io/", "lib/", "data/"),
    "lab": ("lab/", "io/", "lib/", "data/"),
    "tools": ("tools/", "lab/", "io/", "lib/", "data/"),
}
NOT_IN_LIB = re.compile(
    r"<(sys/socket|sys/stat|sys/types|sys/un|sys/time|sys/epoll|netinet/.*|arpa/.*|net/.*|time|unistd|fcntl|dirent|"
    r"poll|pthread|signal|re|re_.*|jansson|sqlite3|libav.*)\.h>|<re\.h>")
NOT_IN_LIB_CALLS = re.compile(r"\b(fopen|printf|fprintf|puts|perror|getenv|time|gettimeofday|clock_gettime)\s*\(")

wrong, files = [], 0
for layer, allowed in MAY_INCLUDE.items():
    for path in sorted((root / layer).rglob("*.[ch]")):
        files += 1
        name = path.relative_to(root)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            where = f"{name}:{number}"
            inc = re.match(r'\s*#include "([^"]+)"', line)
            if inc and not inc[1].startswith(allowed):
                # what the build makes has no folder
                if not inc[1].endswith("_blob.h"):
                    wrong.append(f"{where}: {layer} includes {inc[1]}")
            if layer == "daemons" and inc and inc[1].startswith("daemons/"):
                if inc[1].split("/")[1] != name.parts[1]:
                    wrong.append(f"{where}: a daemon includes another's {inc[1]}")
            if layer == "lib" and line.lstrip().startswith("#include") and NOT_IN_LIB.search(line):
                wrong.append(f"{where}: lib must stay without the system: {line.strip()}")
            if layer == "lib" and NOT_IN_LIB_CALLS.search(re.sub(r'"[^"]*"|/\*.*|\*.*|//.*', "", line)):
                wrong.append(f"{where}: lib neither prints nor reads: {line.strip()}")

print("1..2")
print(f"{'not ok' if wrong else 'ok'} 1 - layers hold in {files} files")
for w in wrong:
    print(f"# {w}")
print(f"{'ok' if files > 20 else 'not ok'} 2 - there were files to look at")
sys.exit(1 if wrong else 0)
