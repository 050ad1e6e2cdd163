#!/usr/bin/env python3
"""Round trips: roundtrip.py VISAVIS (TAP)

Every dialect that `policy compile` writes and a reader reads, for each site: what is compiled must pass its own
audit and lint (exit 0). Then mistakes are planted (a line deleted, a prefix widened, two lines exchanged, a port
changed) and the audit must end with 1 and name the row or the line. A mistake that `policy diff` finds without
effect is none, and another is tried. A dialect without a reader is named and skipped.

Sites: the demo, the golden ones, and some that a seeded generator makes. In the environment: ROUNDTRIP_SEEDS (how many
generated sites, 3), ROUNDTRIP_SEED (the first), ROUNDTRIP_ALL=1 (every mistake at every site).
"""
import concurrent.futures
import json
import os
import random
import re
import subprocess
import sys
import tempfile

VISAVIS = os.path.abspath(sys.argv[1])
SOURCE = os.environ.get("VISAVIS_SOURCE", ".")
READERS = {"ios-groups": "ios"}         # dialects that another's reader reads
GOLDEN = ["lab/sites/demo.yaml"] + [f"tests/golden/policy-{s}.in" for s in ("dual", "v6", "insecure", "two", "inner")]
ROW = re.compile(r"\b[A-Z][A-Z0-9]*-[0-9]+\b")


def run(*args):
    return subprocess.run([VISAVIS, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
                          cwd=SOURCE)


def names(command):
    """The dialects that the command's help lists"""
    return re.findall(r"^  (\S+) {2,}", run("policy", command, "--help").stdout.split("Dialects", 1)[1], re.M)


# Sites

def addresses(rng, net, family, role):
    """One host, a range or a few, within network number net"""
    n, k = rng.randint(10, 90), rng.choice([0, 0, 3, 20])
    if family == 4:
        first, last = f"10.{net // 256}.{net % 256}.{n}", f"10.{net // 256}.{net % 256}.{n + k}"
    else:
        first, last = f"2001:db8:{net:x}::{n:x}", f"2001:db8:{net:x}::{n + k:x}"
    return first if not k or role == "server" else f"{first}-{last}"


def generate(seed):
    """Site and matrix: two or three networks at each of one or two firewalls, products of their own"""
    rng = random.Random(seed)
    families = [(4,), (6,), (4, 6)][seed % 3]
    nets = [(f"net{i}", 256 * (i + 1) + rng.randint(0, 200)) for i in range(rng.randint(3, 5))]
    roles = ["server", "client", "camera", "wall"]
    hosts = []
    for i, (name, net) in enumerate(nets):
        for k in range(rng.randint(1, 2)):
            role = roles[(i + k) % len(roles)]
            where = ", ".join(f'"{addresses(rng, net + (k << 12), f, role)}"' for f in families)
            hosts.append(f"  h{i}{k}: {{ role: {role}, address: [{where}] }}")
    def prefixes(net):
        both = [f'"10.{(net + (k << 12)) // 256}.{net % 256}.0/24"' for k in range(2)] if 4 in families else []
        return both + ([f'"2001:db8:{net + (k << 12):x}::/64"' for k in range(2)] if 6 in families else [])
    site = [f"site: generated-{seed}", "security: " + rng.choice(["on", "off"]), "networks:"]
    site += [f"  {name}: [{', '.join(prefixes(net))}]" for name, net in nets]
    site += ["hosts:"] + hosts + ["firewalls:"]
    if seed % 2:
        site += ["  core: { dialect: nftables, interfaces: { "
                 + ", ".join(f"{n}: eth{i}" for i, (n, _) in enumerate(nets)) + " } }"]
    else:                                 # two, with the first network between them
        site += ["  near: { dialect: nftables, interfaces: { eth0: [" + ", ".join(n for n, _ in nets[1:-1])
                 + f"], eth1: [{nets[0][0]}, {nets[-1][0]}] }} }}",
                 "  far: { dialect: nftables, interfaces: { eth0: [" + ", ".join(n for n, _ in nets[:-1])
                 + f"], eth1: [{nets[-1][0]}] }} }}"]
    site += [f"matrices: matrix-{seed}.yaml"]
    rows = []
    for i in range(1, rng.randint(6, 10)):
        a, b = rng.sample(roles, 2)
        port = 1000 + 100 * i
        ports = rng.choice([str(port), f"[{port}, {port + 7}]", f"{port}-{port + 40}"])
        extra = ", both-ways: true" if rng.random() < .2 else ""
        rows.append(f"  - {{ id: G-{i}, protocol: P{i}, transport: {rng.choice(['tcp', 'udp'])}, from: {a}, to: {b}, "
                    f"ports: {ports}{extra}, purpose: \"Purpose {i}.\" }}")
    for i, role in enumerate(roles):      # a host's role must be one of a matrix
        if f"role: {role}," in "\n".join(hosts) and not re.search(rf"(from|to): {role},", "\n".join(rows)):
            rows.append(f"  - {{ id: G-{80 + i}, protocol: P{80 + i}, transport: tcp, from: {role}, to: any, "
                        f"ports: {900 + i}, purpose: \"Role {role}.\" }}")
    rows.append("  - { id: G-90, protocol: ICMP, transport: icmp, from: any, to: any, icmp: [echo, unreachable, "
                "time-exceeded], purpose: \"Errors.\" }")
    return "\n".join(site) + "\n", f"matrix: generated-{seed}\nrows:\n" + "\n".join(rows) + "\n"


# Mistakes. Each takes the lines and returns changed lines, the place, and the rows that it concerns (None: any).

PERMIT = {
    "cisco": re.compile(r"^(?!.*(nd-n|router-sol)).*\bpermit\b"),
    "asa": re.compile(r"extended permit"),
    "iptables": re.compile(r"^-A (?!INPUT|OUTPUT|FORWARD|guard|known).* -j ACCEPT"),
    "nftables": re.compile(r'accept comment "'),
    "pf": re.compile(r'^pass in quick .*tag "from_'),
    "junos": re.compile(r"term ([A-Z][A-Z0-9]*-\d+)\S* then accept"),
    "panos": re.compile(r"action allow"),
}
DENY = {
    "cisco": re.compile(r"\bdeny (ip|ipv4|ipv6) any any"),
    "asa": re.compile(r"extended deny ip any any"),
    "iptables": re.compile(r"^-A (rows|related) -g refuse"),
    "nftables": re.compile(r"^\t\tgoto refuse"),
}
ADDRESS = {"panos": "ip-netmask", "fortios": "set subnet", "aws-tf": "toset"}       # lines that say addresses, where others name them
PORT = re.compile(r"(?:eq|dport|--dport|destination-port) (\d+)(?=\D*$| -m| ct| counter| established)")
HOST = re.compile(r"(?<![\d.-])(host )?(10|192)\.(\d+)\.(\d+)\.(\d+)(/32)?(?![\d./-]| \d+\.)")


def kind_of(dialect):
    if dialect.startswith("ios") or dialect == "nxos":
        return "cisco"
    return dialect


def section(lines, at, kind):
    """Is the line one that packets which cross the firewall meet?"""
    if kind != "nftables":
        return True
    for i in range(at, -1, -1):
        m = re.match(r"\tchain (\S+) \{", lines[i])
        if m:
            return m[1] in ("rows", "related")
    return False


def rows_of(lines, at):
    """In the line, else in the remark before it"""
    found = ROW.findall(lines[at].split("access-list VISAVIS")[-1])
    i = at
    while not found and i and not re.search(r"permit|deny", lines[i - 1]):
        i -= 1
        found = ROW.findall(lines[i])
    while not found and i and at - i < 200:
        i -= 1
        if "remark" in lines[i]:
            found = ROW.findall(lines[i])
            break
    return set(found)


def permits(lines, kind):
    return [i for i, s in enumerate(lines) if kind in PERMIT and PERMIT[kind].search(s) and section(lines, i, kind)]


def delete(lines, kind, rng):
    at = rng.choice(permits(lines, kind))
    if kind == "junos":
        term = lines[at].split(" then ")[0] + " "
        return [s for s in lines if not s.startswith(term)], None, rows_of(lines, at)
    return lines[:at] + lines[at + 1:], None, rows_of(lines, at)


def port(lines, kind, rng):
    at = rng.choice([i for i, s in enumerate(lines) if PORT.search(s) and
                     (kind == "junos" or i in set(permits(lines, kind)))])
    changed = PORT.sub(lambda m: m[0].replace(m[1], str(int(m[1]) + 1)), lines[at])
    line = None if kind == "junos" else at + 1          # blamed is the term's first line
    return lines[:at] + [changed] + lines[at + 1:], line, rows_of(lines, at)


def widen_text(m, kind, line):
    net = f"{m[2]}.{m[3]}.0.0"
    if kind == "cisco" and m[1] and "object-group" not in line and re.match(r"^ \d+ permit", line):
        return f"{net} 0.0.255.255"
    if m[1]:
        return None
    return f"{net}/16"


def widen(lines, kind, rng, dialect):
    """A host becomes its /16: in a line, or in a group"""
    wide = {"asa": lambda m: f"{m[2]}.{m[3]}.0.0 255.255.0.0", "ios-groups": lambda m: f"{m[2]}.{m[3]}.0.0 255.255.0.0",
            "ios": lambda m: f"{m[2]}.{m[3]}.0.0 0.0.255.255"}.get(dialect, lambda m: f"{m[2]}.{m[3]}.0.0/16")
    at = rng.choice([i for i, s in enumerate(lines) if HOST.search(s) and not re.search(r"range \d+\.|range-address|address-set", s) and
                     not s.startswith(("#", "!")) and ADDRESS.get(kind, "") in s and
                     (kind != "iptables" or " -d " in s and s.startswith("-A A") or s.startswith("-A G"))])
    m = rng.choice(list(HOST.finditer(lines[at])))
    changed = lines[at][:m.start()] + wide(m) + lines[at][m.end():]
    return lines[:at] + [changed] + lines[at + 1:], None, None


def swap(lines, kind, rng):
    """A line and the refusal at its list's end"""
    if kind not in DENY:
        return None
    pairs = []
    for i in permits(lines, kind):
        end = next((k for k in range(i, len(lines)) if DENY[kind].search(lines[k])), None)
        if end and (kind != "iptables" or lines[i].split()[1] == lines[end].split()[1]):
            pairs.append((i, end))
    i, end = rng.choice(pairs)
    number = re.compile(r"^( *(?:sequence )?\d+ )?(.*)$", re.S)
    a, b = number.match(lines[i]), number.match(lines[end])
    out = list(lines)
    out[i], out[end] = (a[1] or "") + b[2], (b[1] or "") + a[2]
    return out, None, rows_of(lines, i)


def aws(text, what, rng):
    """The same in JSON"""
    doc = json.loads(text)
    ranges = [(p, key, i) for g in doc["SecurityGroups"] for p in g["IpPermissions"]
              for key in ("IpRanges", "Ipv6Ranges") for i in range(len(p.get(key, [])))]
    if what == "port":
        ranges = [r for r in ranges if r[0]["IpProtocol"] in ("tcp", "udp") and r[0]["ToPort"] < 65535]
    p, key, i = rng.choice(ranges)
    rows = set(ROW.findall(p[key][i].get("Description", "")))
    if what == "delete":
        del p[key][i]
    elif what == "port":
        p["FromPort"] += 1
        p["ToPort"] += 1
        rows = set(r for k in ("IpRanges", "Ipv6Ranges") for v in p.get(k, []) for r in ROW.findall(v["Description"]))
    elif what == "widen":
        cidr = "CidrIp" if key == "IpRanges" else "CidrIpv6"
        address, length = p[key][i][cidr].split("/")
        if address.endswith("::") or length not in ("32", "128"):
            return None
        p[key][i][cidr] = re.sub(r"\.\d+\.\d+$", ".0.0/16", address) if key == "IpRanges" else "2001:db8::/32"
    else:
        return None
    return json.dumps(doc, indent=2), None, rows


def plant(text, dialect, what, rng):
    kind = kind_of(dialect)
    lines = text.splitlines(True)
    if dialect == "aws":
        return aws(text, what, rng)
    try:
        got = widen(lines, kind, rng, dialect) if what == "widen" else \
            {"delete": delete, "port": port, "swap": swap}[what](lines, kind, rng)
    except IndexError:                  # the file has no such line
        return None
    return got and ("".join(got[0]), got[1], got[2])


# Judging

def judge(site, path, line, rows):
    """What is wrong with the audit of a planted mistake; None: nothing"""
    p = run("policy", "audit", "--json", "--firewall", firewall_of(path), site, path)
    if p.returncode != 1:
        return f"audit ends with {p.returncode}: {p.stderr}"
    report = json.loads(p.stdout)
    bad = [set(f["flow"]["rows"]) for f in report["required"] if f["verdict"] != "permitted"]
    blame = [at for x in report["excess"] for at in x["lines"]]
    if not bad and not blame and not report["unreachable"]:
        return "exit 1 without a finding"
    if rows and bad and not any(rows & b for b in bad):
        return f"not of {sorted(rows)}: {sorted(set.union(*bad))}"
    if rows and not bad and not blame:
        return f"no word of {sorted(rows)}"
    if line and blame and line not in [at["line"] for at in blame]:
        return f"line {line} is not blamed"
    return None


def firewall_of(path):
    name = os.path.basename(path).removesuffix(".conf")
    return os.path.splitext(name)[0].removeprefix("planted-")


def same(a, b):
    return run("policy", "diff", a, b).returncode == 0


def only_elsewhere(a, b):
    """Does the mistake touch only packets that leave by interfaces which the site does not name?"""
    ways = re.findall(r"^ +from \S+ to (\S+)", run("policy", "diff", a, b).stdout, re.M)
    return bool(ways) and all(to == "lo" for to in ways)


def mistakes(dialect, site, path, seed):
    """Every kind, or two by turns"""
    kinds = ["delete", "widen", "swap", "port"]
    if os.environ.get("ROUNDTRIP_ALL") != "1":
        kinds = [kinds[seed % 4], kinds[(seed + 1) % 4]]
    with open(path, encoding="utf-8") as f:
        text = f.read()
    planted = os.path.join(os.path.dirname(path), "planted-" + os.path.basename(path))
    for what in kinds:
        rng = random.Random(f"{seed} {dialect} {what}")
        for _ in range(5):
            got = plant(text, dialect, what, rng)
            if not got or got[0] == text:
                continue
            with open(planted, "w", encoding="utf-8") as f:
                f.write(got[0])
            if same(path, planted):
                continue
            if only_elsewhere(path, planted):
                continue
            why = judge(site, planted, got[1], got[2])
            if why:
                return f"{what}: {why}\n" + run("policy", "diff", path, planted).stdout[:2000]
            break
    return None


def trip(dialect, site, folder, seed):
    """Compile, audit, lint, mistakes; what is wrong, or None"""
    os.makedirs(folder)
    p = run("policy", "compile", "--to", dialect, "-o", folder, site)
    if p.returncode:
        return f"compile ends with {p.returncode}: {p.stderr}"
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        for command in (["audit", "--firewall", firewall_of(path), site, path], ["lint", path]):
            p = run("policy", *command)
            if p.returncode:
                return f"{command[0]} of {name} ends with {p.returncode}\n{p.stdout}{p.stderr}"
        why = mistakes(dialect, site, path, seed)
        if why:
            return f"{name}: {why}"
    return None


def sites(folder):
    found = [os.path.join(SOURCE, s) for s in GOLDEN]
    first = int(os.environ.get("ROUNDTRIP_SEED", "1"))
    for seed in range(first, first + int(os.environ.get("ROUNDTRIP_SEEDS", "3"))):
        site, matrix = generate(seed)
        found.append(os.path.join(folder, f"site-{seed}.yaml"))
        for name, text in ((found[-1], site), (os.path.join(folder, f"matrix-{seed}.yaml"), matrix)):
            with open(name, "w", encoding="utf-8") as f:
                f.write(text)
    return found


def main():
    dialects, readers = names("compile"), names("lint")
    assert len(dialects) > 5 and len(readers) > 5, (dialects, readers)
    failed = False
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = []
        for d, dialect in enumerate(dialects):
            if READERS.get(dialect, dialect) not in readers:
                jobs.append((f"{dialect} # SKIP not covered: no reader reads it", None))
                continue
            for i, site in enumerate(sites(folder)):
                jobs.append((f"{dialect} {os.path.basename(site)}", pool.submit(
                    trip, dialect, site, os.path.join(folder, f"{dialect}-{i}"), d + i)))
        print(f"1..{len(jobs)}")
        for n, (name, job) in enumerate(jobs, 1):
            why = job and job.result()
            failed |= bool(why)
            print(f"{'not ok' if why else 'ok'} {n} - {name}", flush=True)
            for line in (why or "").splitlines():
                print(f"# {line}")
    return 1 if failed else 0


sys.exit(main())
