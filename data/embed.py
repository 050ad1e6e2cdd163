#!/usr/bin/env python3
"""Turn a file into a C array: embed.py NAME INPUT OUT.c OUT.h"""
import sys

name, src, out_c, out_h = sys.argv[1:5]
data = open(src, "rb").read()
with open(out_h, "w") as h:
    h.write(f"#include <stddef.h>\nextern const unsigned char {name}[];\n"
            f"extern const size_t {name}_len;\n")
with open(out_c, "w") as c:
    c.write(f"#include <stddef.h>\nextern const unsigned char {name}[];\n"
            f"extern const size_t {name}_len;\nconst unsigned char {name}[] = {{\n")
    for i in range(0, len(data), 16):
        c.write("".join(f"{b}," for b in data[i:i + 16]) + "\n")
    c.write(f"0}};\nconst size_t {name}_len = {len(data)};\n")
