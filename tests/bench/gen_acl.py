#!/usr/bin/env python3
"""Write access lists of Cisco IOS to measure with: gen_acl.py SHAPE [N] [SEED]

  fw1     N lines in the shape of ClassBench's fw1 seed: few sources and destinations that come again, many wildcards,
          exact ports and a few ranges, permits and denies mixed
  grid    N cells (a square number) that together cover one last line, which no smaller part of them does
  large-rules, large-sets, large-strange
          N megabytes: lines as in fw1; Junos prefix lists of addresses far apart; lines that no list has
"""
import random
import sys

PORTS = [20, 21, 22, 23, 25, 53, 80, 88, 110, 111, 123, 135, 139, 143, 161, 389, 443, 445, 514, 636, 993, 1433, 1521, 1723,
         2000, 3268, 3389, 5060, 5061, 5432, 6970, 8080, 8443]


def quad(n):
    return f"{n >> 24}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


def prefix(rng, lengths):
    length = rng.choices(list(lengths), weights=lengths.values())[0]
    if length == 0:
        return "any"
    size = 1 << (32 - length)
    base = rng.getrandbits(32) & ~(size - 1)
    return f"host {quad(base)}" if length == 32 else f"{quad(base)} {quad(size - 1)}"


def pool(rng, n, lengths):
    return [prefix(rng, lengths) for _ in range(n)]


def port(rng, weights):
    kind = rng.choices(["any", "eq", "range", "high"], weights=weights)[0]
    if kind == "any":
        return ""
    if kind == "eq":
        return f" eq {rng.choice(PORTS) if rng.random() < .7 else rng.randrange(1024, 65536)}"
    if kind == "high":
        return " gt 1023"
    lo = rng.randrange(1, 60000)
    return f" range {lo} {lo + rng.randrange(1, 5000)}"


def fw1(n, rng):
    """Fields are drawn from pools a tenth of the list's size, so that lines overlap as they do in real lists."""
    src = pool(rng, max(n // 10, 4), {32: 55, 28: 5, 24: 20, 16: 8, 8: 2})
    dst = pool(rng, max(n // 10, 4), {32: 60, 28: 6, 24: 18, 16: 6, 8: 1})
    for _ in range(n):
        proto = rng.choices(["tcp", "udp", "icmp", "ip"], weights=[72, 18, 4, 6])[0]
        s = "any" if rng.random() < .35 else rng.choice(src)
        d = "any" if rng.random() < .12 else rng.choice(dst)
        open_ = s == d == "any"
        if open_ and proto in ("ip", "icmp"):
            d = rng.choice(dst)
        sp = port(rng, [93, 2, 2, 3]) if proto in ("tcp", "udp") else ""
        dp = port(rng, [0, 100, 0, 0] if open_ else [12, 68, 14, 6]) if proto in ("tcp", "udp") else ""
        action = "permit" if rng.random() < .6 else "deny"
        yield f"{action} {proto} {s}{sp} {d}{dp}"


def grid(n, rng):
    side = round(n ** .5)
    if side * side != n or side > 4096:
        sys.exit("the number of cells must be a square, at most 4096 * 4096")
    step = 65536 // side
    cells = [(i, j) for i in range(side) for j in range(side)]
    rng.shuffle(cells)
    last = side - 1
    for i, j in cells:
        hi = (65535 if i == last else (i + 1) * step - 1, 65535 if j == last else (j + 1) * step - 1)
        yield f"permit tcp any range {i * step} {hi[0]} any range {j * step} {hi[1]}"
    yield "deny tcp any any"


def large(n, line):
    """Lines until they are n megabytes"""
    size, i = 0, 0
    while size < n << 20:
        text = line(i)
        size += len(text)
        i += 1
        yield text


def large_rules(n, rng):
    lines = [f" {line}\n" for line in fw1(10000, rng)]
    yield "hostname bench\nip access-list extended BENCH\n"
    yield from large(n, lambda i: lines[i % len(lines)])


def large_sets(n, _):
    last = 0

    def line(i):
        nonlocal last
        last = i // 100000
        return f"set policy-options prefix-list SET-{last} {quad(0x0a000000 + i * 2 % (1 << 24))}/32\n"

    yield from large(n, line)
    for i in range(last + 1):
        yield f"set firewall family inet filter F term t{i} from source-prefix-list SET-{i}\n"
        yield f"set firewall family inet filter F term t{i} then accept\n"
    yield "set interfaces ge-0/0/0 unit 0 family inet filter input F\n"


def large_strange(n, rng):
    yield "hostname bench\nip access-list extended BENCH\n permit ip any any\n"
    yield from large(n, lambda i: f"snmp-server host 10.0.0.{i % 256} community {rng.getrandbits(64):x} bench\n")


LARGE = {"large-rules": large_rules, "large-sets": large_sets, "large-strange": large_strange}
shapes = {"fw1": (fw1, 10000), "grid": (grid, 126 * 126)}
if len(sys.argv) > 1 and sys.argv[1] in LARGE:
    sys.stdout.writelines(LARGE[sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else 200, random.Random(1)))
    sys.exit()
if len(sys.argv) < 2 or sys.argv[1] not in shapes:
    sys.exit(__doc__)
shape, count = shapes[sys.argv[1]]
count = int(sys.argv[2]) if len(sys.argv) > 2 else count
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
print("hostname bench\n!\nip access-list extended BENCH")
for line in shape(count, random.Random(seed)):
    print(" " + line)
print("!\ninterface GigabitEthernet0/0\n ip access-group BENCH in")
print("!\ninterface GigabitEthernet0/1\n ip address 10.128.0.1 255.128.0.0\n!\nend")
