#!/usr/bin/env python3
"""Give Debian's aclgen the flows of a site, and hold its lists against ours: capirca_demo.py VISAVIS SITE

One term for each row, way and interface, in Capirca's own words. Prints how many permits each of the two wrote for IPv4;
ends with 1 when `visavis policy diff` finds that the two differ in effect, for then they are not the same flows.
"""
import ipaddress
import json
import os
import re
import subprocess
import sys
import tempfile

import yaml

ICMP = {"echo": "echo-request", "unreachable": "unreachable", "time-exceeded": "time-exceeded"}


def run(*args):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


class Site:
    def __init__(self, visavis, path):
        shown = json.loads(run(visavis, "site", "show", "--json", path))
        with open(path, encoding="utf-8") as f:
            plain = yaml.safe_load(f)
        self.nets = {n["name"]: [ipaddress.ip_network(p) for p in n["prefixes"]] for n in shown["networks"]}
        self.roles = {}
        for host in shown["hosts"]:
            for role in host["roles"]:
                self.roles.setdefault(role, []).extend(ipaddress.ip_network(a["address"]) for a in host["addresses"])
        self.faces = {}
        for net, face in next(iter(plain["firewalls"].values()))["interfaces"].items():
            self.faces.setdefault(face, []).extend(self.nets[net])
        self.rows = [r for r in json.loads(run(visavis, "flows", "--site", path, "--json"))["rows"] if not r["same_as"]]
        for row in self.rows:
            narrow = plain.get("narrow", {}).get(row["id"], {})
            row["to"] = narrow.get("to", row["to"])
            if "ports" in narrow:
                lo, hi = narrow["ports"].split("-")
                row["ports"] = [{"first": lo, "last": hi}]

    def addrs(self, roles):
        every = [p for nets in self.nets.values() for p in nets]
        return [a for role in roles for a in (every if role == "any" else self.roles.get(role, []))]


def inside(addrs, nets):
    return [a for a in addrs if any(a.subnet_of(n) for n in nets)]


def outside(addrs, nets):
    return [a for a in addrs if not any(a.subnet_of(n) for n in nets)]


class Policy:
    """Terms, and the names that they need"""
    def __init__(self):
        self.text, self.nets, self.services, self.n = [], {}, {}, 0

    def net(self, addrs):
        return self.nets.setdefault(tuple(addrs), f"N{len(self.nets)}")

    def service(self, ports, proto):
        return self.services.setdefault((tuple(ports), proto), f"S{len(self.services)}")

    def term(self, proto, src, dst, sports, dports, extra=()):
        if not src or not dst:
            return
        self.n += 1
        lines = [f"source-address:: {self.net(src)}", f"destination-address:: {self.net(dst)}", f"protocol:: {proto}"]
        for word, ports in (("source", sports), ("destination", dports)):
            if ports:
                lines.append(f"{word}-port:: {self.service(ports, proto)}")
        lines += list(extra) + ["action:: accept"]
        self.text.append(f"term t-{self.n} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n")

    def write(self, folder):
        with open(os.path.join(folder, "site.pol"), "w", encoding="utf-8") as f:
            f.writelines(self.text)
        with open(os.path.join(folder, "site.net"), "w", encoding="utf-8") as f:
            for addrs, name in self.nets.items():
                f.write(f"{name} = " + "\n  ".join(str(a) for a in addrs) + "\n")
        with open(os.path.join(folder, "site.svc"), "w", encoding="utf-8") as f:
            for (ports, proto), name in self.services.items():
                f.write(f"{name} = " + " ".join(f"{p}/{proto}" for p in ports) + "\n")


def port_texts(ports):
    return [str(p["first"]) if p["first"] == p["last"] else f"{p['first']}-{p['last']}" for p in ports]


def add_row(pol, site, row, nets):
    """What a row lets in by the interface before these networks: its first packets, and what returns."""
    src, dst = site.addrs(row["from"]), site.addrs(row["to"])
    forth, back = (inside(src, nets), outside(dst, nets)), (inside(dst, nets), outside(src, nets))
    if row["transport"] == "icmp":
        types = [ICMP[t] for t in row["icmp"] if t in ICMP]
        if types:
            pol.term("icmp", *forth, [], [], [f"icmp-type:: {' '.join(types)}"])
        if "echo" in row["icmp"]:
            pol.term("icmp", *back, [], [], ["icmp-type:: echo-reply"])
        return
    sports, dports = port_texts(row["source_ports"]), port_texts(row["ports"])
    pol.term(row["transport"], *forth, sports, dports)
    if row["both_ways"] and row["from"] == row["to"] and sports == dports:
        return
    pol.term(row["transport"], *back, dports, sports,
             ["option:: tcp-established"] if row["transport"] == "tcp" else [])


def capirca(site, folder):
    pol = Policy()
    for face, nets in site.faces.items():
        pol.text.append(f"header {{\n  target:: cisco {face}-in extended\n}}\n")
        for row in site.rows:
            add_row(pol, site, row, nets)
    pol.write(folder)
    run("aclgen", "--base_directory", folder, "--definitions_directory", folder, "--output_directory", folder,
        "--policy_file", os.path.join(folder, "site.pol"))
    with open(os.path.join(folder, "site.acl"), encoding="utf-8") as f:
        text = re.sub(r"^(no ip access-list|exit).*\n", "", f.read(), flags=re.M)
    return text + "".join(f"interface {face}\n ip access-group {face}-in in\n" for face in site.faces) + "end\n"


def ours(visavis, path):
    text = run(visavis, "policy", "compile", "--to", "ios", path)
    text = re.sub(r"^ipv6 access-list(.|\n)*?^!\n", "", text, flags=re.M)
    return re.sub(r"^ ipv6 traffic-filter.*\n", "", text, flags=re.M)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    visavis, path = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        texts = {"ours": ours(visavis, path), "capirca": capirca(Site(visavis, path), folder)}
        names = []
        for name, text in texts.items():
            names.append(os.path.join(folder, f"{name}.cfg"))
            with open(names[-1], "w", encoding="utf-8") as f:
                f.write(text)
        diff = subprocess.run([visavis, "policy", "diff", "--from", "ios", *names], check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(*(len(re.findall(r"^ *(?:\d+ )?permit ", text, flags=re.M)) for text in texts.values()))
    if diff.returncode:
        sys.exit(diff.stdout)


main()
