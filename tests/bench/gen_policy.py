#!/usr/bin/env python3
"""Write policies to measure with: gen_policy.py terms DIR [N] | hosts N DIALECT [STEP]

  terms   in DIR the same N terms twice: as N / 2 flows in site.yaml with matrices of its own, whose lists have a line each
          way, and for Capirca in bench.pol, with naming definitions in def/, as terms in one list each way. Each flow is
          one host to one host at one port, no two of them alike
  hosts   to standard output a site of N hosts in eight kinds on eight networks behind one firewall, with the shipped matrix;
          every STEP-th address is one, so that with 2 no two of them make a prefix
"""
import os
import sys

SIDE = 250		# hosts on each side
ROWS = 4000		# rows of one matrix


def flows(n):
    for i in range(n):
        yield i, i % SIDE, (i + i // SIDE) % SIDE, 20000 + i * 3 % 30000


def address(side, i):
    return f"10.{side}.{i // 200}.{i % 200 + 1}"


def terms_site(folder, n):
    files = []
    for first in range(0, n, ROWS):
        files.append(f"matrix-{first // ROWS}.yaml")
        with open(os.path.join(folder, files[-1]), "w", encoding="utf-8") as f:
            f.write(f"matrix: bench-{first // ROWS}\nrows:\n")
            for i, a, b, port in list(flows(n))[first:first + ROWS]:
                f.write(f"  - {{ id: T-{i}, protocol: P, transport: tcp, from: a{a}, to: b{b}, ports: {port}, "
                        f'purpose: "Term {i}." }}\n')
    with open(os.path.join(folder, "site.yaml"), "w", encoding="utf-8") as f:
        f.write("site: bench\nnetworks: { left: 10.1.0.0/16, right: 10.2.0.0/16 }\nhosts:\n")
        for side, name in ((1, "a"), (2, "b")):
            for i in range(SIDE):
                f.write(f"  {name}{i}: {{ role: {name}{i}, address: {address(side, i)} }}\n")
        f.write("firewalls:\n  bench: { dialect: ios, interfaces: { left: Gi0/0, right: Gi0/1 } }\n")
        f.write(f"matrices: [{', '.join(files)}]\n")


def terms_capirca(folder, n):
    names = os.path.join(folder, "def")
    os.makedirs(names, exist_ok=True)
    with open(os.path.join(names, "bench.net"), "w", encoding="utf-8") as f:
        for side, name in ((1, "A"), (2, "B")):
            for i in range(SIDE):
                f.write(f"{name}{i} = {address(side, i)}/32\n")
    with open(os.path.join(names, "bench.svc"), "w", encoding="utf-8") as f:
        f.write("EPHEMERAL = 1024-65535/tcp\n")
        for port in sorted({port for _, _, _, port in flows(n)}):
            f.write(f"P{port} = {port}/tcp\n")
    with open(os.path.join(folder, "bench.pol"), "w", encoding="utf-8") as f:
        f.write("header {\n  target:: cisco FORTH extended\n}\n")
        for i, a, b, port in flows(n):
            f.write(f"term t-{i} {{\n  source-address:: A{a}\n  destination-address:: B{b}\n  source-port:: EPHEMERAL\n"
                    f"  destination-port:: P{port}\n  protocol:: tcp\n  action:: accept\n}}\n")
        f.write("header {\n  target:: cisco BACK extended\n}\n")
        for i, a, b, port in flows(n):
            f.write(f"term b-{i} {{\n  source-address:: B{b}\n  destination-address:: A{a}\n  source-port:: P{port}\n"
                    f"  destination-port:: EPHEMERAL\n  protocol:: tcp\n  option:: tcp-established\n"
                    f"  action:: accept\n}}\n")


def hosts(n, dialect, step):
    kinds = ["codec", "phone", "codec", "phone", "manager", "recorder", "codec", "phone"]
    print("site: bench\nnetworks:")
    for k in range(len(kinds)):
        print(f"  net{k}: 10.{k}.0.0/16")
    print("  services: 10.128.0.0/24\nhosts:")
    print("  callcontrol: { role: callcontrol, address: 10.128.0.10 }")
    print("  services: { role: [dns, ntp, tftp], address: 10.128.0.53 }")
    for i in range(n - 2):
        k, at = i % len(kinds), 1 + i // len(kinds) * step
        print(f"  h{i}: {{ role: {kinds[k]}, address: 10.{k}.{at >> 8}.{at & 255} }}")
    faces = ", ".join(f"net{k}: eth{k}" for k in range(len(kinds)))
    print(f"firewalls:\n  bench: {{ dialect: {dialect}, interfaces: {{ {faces}, services: eth9 }} }}")


if len(sys.argv) > 2 and sys.argv[1] == "terms":
    os.makedirs(sys.argv[2], exist_ok=True)
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10000
    terms_site(sys.argv[2], count // 2)
    terms_capirca(sys.argv[2], count // 2)
elif len(sys.argv) > 3 and sys.argv[1] == "hosts":
    hosts(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 1)
else:
    sys.exit(__doc__)
