#!/usr/bin/env python3
"""Random rulesets for the kernel to judge: policy_rules.py nftables|iptables SEED

Stateless rules over few addresses and ports, so that they overlap in many ways: chains with jumps, gotos and returns, sets,
maps of verdicts, concatenations, flags, types and codes, fragments, DSCP.
"""
import random
import sys

DIALECT, SEED = sys.argv[1], int(sys.argv[2])
R = random.Random(SEED)
NETS4 = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.128/25", "10.1.2.130", "172.16.0.0/12", "192.0.2.7", "0.0.0.0/1",
         "10.1.2.3", "10.9.0.0/17"]
NETS6 = ["fd00::/8", "fd01:2::/32", "fd01:2:3::/48", "fd01:2:3::9", "2001:db8::/32", "2001:db8:1::1", "fd01:2:3:8000::/49"]
PORTS = ["22", "53", "80", "443", "5060", "1024-65535", "16384-32767", "0-1023", "5000-5100", "69"]
FLAGS = ["syn", "ack", "fin", "rst", "psh", "urg"]


def some(items, low=1, high=3):
    return R.sample(items, R.randint(low, min(high, len(items))))


def disjoint_ports(n):
    edges = sorted(R.sample(range(1, 65535), 2 * n))
    return [str(a) if R.random() < 0.4 else f"{a}-{b}" for a, b in zip(edges[::2], edges[1::2])]


def nft_match():
    six = R.random() < 0.3
    family, nets = ("ip6", NETS6) if six else ("ip", NETS4)
    icmp = "icmpv6" if six else "icmp"
    types = (["echo-request", "packet-too-big", "time-exceeded"] if six
             else ["echo-request", "destination-unreachable", "time-exceeded", "redirect"])
    kinds = [
        lambda: f"{family} {R.choice(['saddr', 'daddr'])} {R.choice(nets)}",
        lambda: f"{family} {R.choice(['saddr', 'daddr'])} != {R.choice(nets)}",
        lambda: f"{family} saddr {{ {', '.join(some(nets[4:7], 1, 3))} }}",
        lambda: "ip saddr @nets4", lambda: "ip6 daddr @nets6", lambda: "ip daddr != @nets4",
        lambda: f"{R.choice(['tcp', 'udp'])} {R.choice(['sport', 'dport'])} {R.choice(PORTS)}",
        lambda: f"{R.choice(['tcp', 'udp'])} dport != {R.choice(PORTS)}",
        lambda: f"{R.choice(['tcp', 'udp', 'th'])} dport {{ {', '.join(disjoint_ports(3))} }}",
        lambda: f"tcp dport {R.choice(['<', '>', '<=', '>='])} {R.choice(['1024', '5060', '80'])}",
        lambda: f"meta l4proto {R.choice(['tcp', 'udp', '253', 'icmp', 'ipv6-icmp', '{ tcp, udp }', '!= tcp'])}",
        lambda: f"{icmp} type {R.choice(types)}",
        lambda: f"{icmp} type {{ {', '.join(some(types, 2, 3))} }}",
        lambda: f"{icmp} type {types[1]} {icmp} code {R.randint(0, 5)}",
        lambda: f"tcp flags & ({' | '.join(some(FLAGS, 2, 3) + ['syn'])}) == syn",
        lambda: f"tcp flags {R.choice(FLAGS)}",
        lambda: f"tcp flags & (syn | ack | rst) != {R.choice(['syn', 'ack'])}",
        lambda: f"{family} dscp {R.choice(['cs4', 'af41', 'ef', '!= 0x00', '{ cs4, ef }'])}",
        lambda: R.choice(['iifname "eth1"', 'iifname "eth2"', 'iifname != "eth1"', 'iifname "eth*"']),
        lambda: R.choice(['oifname "eth2"', 'oifname { "eth1", "lo" }', 'iifname . oifname { "eth1" . "eth2", "lo" . "lo" }']),
        lambda: "ip frag-off & 0x1fff != 0",
        lambda: "ip saddr . tcp dport @pairs", lambda: "ip saddr . ip daddr . meta l4proto { 10.1.2.130 . 10.1.2.3 . udp }",
        lambda: f"meta nfproto {R.choice(['ipv4', 'ipv6'])}",
    ]
    words = []
    for _ in range(R.choice([0, 1, 1, 2, 2, 3])):
        word = R.choice(kinds)()
        # two of one family's words may contradict each other: nft refuses some of those
        if not any(clash(w, word) for w in words):
            words.append(word)
    return words


def clash(a, b):
    def group(w):
        first = w.split()[0]
        return {"icmp": "t4", "icmpv6": "t6", "tcp": "tt", "udp": "tu", "th": "th", "ip": "n4", "ip6": "n6"}.get(first, first)
    ga, gb = group(a), group(b)
    if (". tcp" in a or ". tcp" in b) and not {ga, gb} <= {"n4", "iifname", "oifname", "iifname"}:
        return True
    if ga == gb and ga not in ("n4", "n6", "tt", "tu"):
        return True
    transports = {"t4", "t6", "tt", "tu", "th", "meta"}
    if ga in transports and gb in transports and ga != gb:
        return True
    families = {"n4": 4, "t4": 4, "n6": 6, "t6": 6, "meta": 0}
    return ga != gb and ga in families and gb in families and families[ga] != families[gb]


def nft_verdict(chain):
    verdicts = ["accept", "accept", "drop", "drop", "counter accept", "log prefix \"x\" accept", "counter", "continue"]
    if chain < 3:
        verdicts += [f"jump c{chain + 1}", f"goto c{chain + 1}", f"jump c{chain + 1}", "reject"]
    if chain:
        verdicts += ["return"]
    return R.choice(verdicts)


def nft_rule(chain):
    if R.random() < 0.12:
        return R.choice([
            "tcp dport vmap @verdicts", "meta l4proto vmap { tcp : continue, 253 : accept, udp : drop }",
            "ip saddr vmap { 10.1.2.128/25 : accept, 172.16.0.0/12 : drop }",
            'iifname vmap { "eth1" : continue, "lo" : drop }'])
    words = nft_match()
    # what takes every packet would leave the rules below it untried
    return " ".join(words + [nft_verdict(chain) if words else R.choice(["counter", "continue"])])


def nftables():
    print("table inet t {")
    print("\tset nets4 { type ipv4_addr; flags interval; elements = { 10.1.2.0/24, 172.16.0.0-172.16.4.9, 192.0.2.7 } }")
    print("\tset nets6 { type ipv6_addr; flags interval; elements = { fd01:2:3::/48, 2001:db8:1::1 } }")
    print("\tset pairs { type ipv4_addr . inet_service; flags interval; elements = { 10.1.2.130 . 22, 10.0.0.0/16 . 80-443, "
          "10.1.2.0/24 . 5000-6000 } }")
    print("\tmap verdicts { type inet_service : verdict; flags interval; elements = { 22 : accept, 5000-5100 : drop, "
          "16384-20000 : continue } }")
    for chain in (3, 2, 1):
        print(f"\tchain c{chain} {{")
        for _ in range(R.randint(4, 9)):
            print("\t\t" + nft_rule(chain))
        print("\t}")
    print("\tchain forward {\n\t\ttype filter hook forward priority 0; policy " + R.choice(["drop", "accept"]) + ";")
    print('\t\tip saddr 10.1.2.3 ip daddr 10.1.2.130 udp dport 53 accept')
    for _ in range(R.randint(15, 30)):
        print("\t\t" + nft_rule(0))
    print("\t\tip saddr 10.0.0.0/8 ip daddr 10.1.2.0/25 accept\n\t\tip6 saddr 2001:db8::/32 drop\n\t}\n}")


def ipt_match():
    proto = R.choice(["tcp", "udp", "icmp", "", "", "253"])
    words = []
    if R.random() < 0.6:
        words.append(R.choice(["", "! "]) + "-s " + R.choice(NETS4))
    if R.random() < 0.5:
        words.append(R.choice(["", "", "! "]) + "-d " + R.choice(NETS4))
    if R.random() < 0.2:
        words.append(R.choice(["", "! "]) + R.choice(["-i eth1", "-i eth+", "-o eth2", "-o eth1"]))
    if R.random() < 0.1 and not proto:
        return words + [R.choice(["-f", "! -f"])]
    if R.random() < 0.1:
        words.append("-m iprange " + R.choice(["", "! "]) + "--dst-range 10.1.2.100-10.1.2.140")
    if proto:
        words.append(R.choice(["", "", "! "]) + "-p " + proto)
        if words[-1].startswith("!"):
            return words
    if proto in ("tcp", "udp"):
        words.append(ports_option())
    if proto == "tcp" and R.random() < 0.3:
        words.append(R.choice(["--syn", "! --syn", "--tcp-flags SYN,ACK,RST SYN", "! --tcp-flags FIN,ACK ACK",
                               "--tcp-flags ALL NONE"]))
    if proto == "icmp":
        words.append(R.choice(["", "! "]) + "--icmp-type " + R.choice(["8", "3", "3/1", "11/0", "echo-reply"]))
    if R.random() < 0.1:
        words.append("-m dscp " + R.choice(["", "! "]) + R.choice(["--dscp 0x20", "--dscp-class EF", "--dscp 0"]))
    return words


def ports_option():
    def p():
        return R.choice(PORTS).replace("-", ":")
    return R.choice([
        "", R.choice(["", "! "]) + "--dport " + p(), "--sport " + p(),
        "-m multiport " + R.choice(["", "! "]) + "--" + R.choice(["dports", "sports", "ports"]) + " " +
        ",".join(x.replace("-", ":") for x in some(PORTS, 1, 4))])


def iptables():
    print("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD " + R.choice(["DROP", "ACCEPT"]) + " [0:0]\n:OUTPUT ACCEPT [0:0]")
    for chain in (1, 2, 3):
        print(f":c{chain} - [0:0]")
    print("-A FORWARD -s 10.1.2.3 -d 10.1.2.130 -p udp --dport 53 -j ACCEPT")
    for chain, n in ((0, R.randint(15, 30)), (1, 8), (2, 7), (3, 6)):
        for _ in range(n):
            targets = ["ACCEPT", "ACCEPT", "DROP", "DROP", "REJECT", "LOG"]
            if chain < 3:
                targets += [f"c{chain + 1}"] * 3
            if chain:
                targets += ["RETURN"]
            words = [w for w in ipt_match() if w]
            target = R.choice(targets) if words else "LOG"
            jump = "-g" if target.startswith("c") and R.random() < 0.3 else "-j"
            print(" ".join(["-A", f"c{chain}" if chain else "FORWARD"] + words + [jump, target]))
    print("-A FORWARD -s 10.0.0.0/8 -d 10.1.2.0/25 -j ACCEPT\n-A FORWARD -s 172.16.0.0/12 -j DROP\nCOMMIT")


nftables() if DIALECT == "nftables" else iptables()
