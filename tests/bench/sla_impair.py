#!/usr/bin/env python3
"""Hold what is measured of a path against what an impairing forwarder did to it: sla_impair.py [OPTION...]

  --build DIR     where the programs were built (build)
  --echo          measure with two small peers instead of visavis-sla: proves the forwarder
  --seeds N       that many paths, each with impairments drawn from its number (30)
  --first N       the first of them (1)
  --seconds N     of each measurement (2)
  --profile NAME  what visavis-sla sends (room1-1080p-best)
  --keep DIR      keep record and result of paths that differ

Agent, forwarder and responder each have a network namespace. Counts must be exact; every delay and jitter must be
within 0.2 ms. Needs root, or user namespaces. Results go to out/bench/sla_impair.json; exits 1 on a difference.
"""
import argparse
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import path_truth

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEER = ROOT / "tests/system/impair/peer.py"
PORTS = "16384-32767"
TOLERANCE_MS = 0.2
AGENT, RESPONDER = "10.94.0.1", "10.94.0.2"


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    p.add_argument("--echo", action="store_true")
    p.add_argument("--seeds", type=int, default=30)
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--seconds", type=int, default=2)
    p.add_argument("--profile", default="room1-1080p-best")
    p.add_argument("--keep", type=pathlib.Path)
    return p.parse_args()


def inside():
    """Namespaces of our own, so that whatever is started ends with us and nothing is left."""
    if os.environ.get("SLA_IMPAIR_INSIDE"):
        return
    os.environ["SLA_IMPAIR_INSIDE"] = "1"
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.execvp("unshare", ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                          sys.executable, *sys.argv])


class Namespace:
    def __init__(self, here, address):
        outside = os.readlink("/proc/self/ns/net")
        self.p = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        while os.readlink(f"/proc/{self.p.pid}/ns/net") == outside:
            time.sleep(0.01)
        subprocess.run(["ip", "link", "add", here, "type", "veth", "peer", "name", "eth0", "netns", str(self.p.pid)],
                       check=True)
        for words in (["link", "set", "lo", "up"], ["link", "set", "eth0", "up"],
                      ["addr", "add", f"{address}/24", "dev", "eth0"]):
            subprocess.run(self.command("ip", *words), check=True)

    def command(self, *words):
        return ["nsenter", "-t", str(self.p.pid), "-n", *map(str, words)]


def impairments(seed):
    """A path drawn from its number: every kind of impairment comes up, alone and with others."""
    r = random.Random(seed)

    def way(name):
        words = [f"delay {r.uniform(0, 60):.3f}"]
        if r.random() < 0.7:
            words.append(f"jitter {r.choice(['uniform', 'normal', 'pareto'])} {r.uniform(0.5, 5):.3f}")
        if r.random() < 0.3:
            words.append("order free")
        if r.random() < 0.7:
            words.append(r.choice([f"loss {r.uniform(0.1, 5):.2f}%",
                                   f"loss burst {r.uniform(0.2, 2):.2f}% {r.uniform(20, 60):.0f}%",
                                   f"loss every {r.randint(7, 90)}"]))
        if r.random() < 0.5:
            words.append(f"reorder {r.uniform(0.2, 4):.2f}% by {r.uniform(2, 25):.2f}")
        if r.random() < 0.5:
            words.append(f"duplicate {r.uniform(0.2, 4):.2f}% after {r.uniform(0, 8):.2f}")
        return f"{name} udp {PORTS}: {' '.join(words)}"

    return f"seed {seed * 2654435761}\n{way('forward')}\n{way('back')}\n"


class Path:
    """The forwarder at work; `rows` and `sums` afterwards."""
    def __init__(self, build, folder, rules):
        self.record = folder / "record.jsonl"
        self.p = subprocess.Popen([build / "lab/visavis-impair", "--near", "near", "--far", "far", "--rule", rules,
                                   "--record", self.record, "--seconds", "300"], stdout=subprocess.PIPE, text=True)
        if self.p.stdout.readline() != "ready\n":
            sys.exit("visavis-impair did not start")

    def end(self):
        self.p.send_signal(signal.SIGTERM)
        self.p.communicate()
        self.rows, self.sums = path_truth.record_read(self.record)


def stamped_figures(asked, answered):
    """The same figures from what two peers saw themselves, in the record's words."""
    forward = [{"rx_ns": p["tx"], "did": "lost"} for p in asked["left"]]
    back = [{"rx_ns": p["tx"], "did": "lost"} for p in answered["left"]]

    def came(rows, which, rx):
        r = rows[which]
        r["copy_given_ns" if r["did"] == "sent" else "given_ns"] = rx - r["rx_ns"]
        r.update({"copied": True} if r["did"] == "sent" else {"did": "sent"})

    for p in answered["came"]:
        came(forward, p["seq"], p["rx"])
    for p in asked["came"]:
        came(back, p["answer"], p["rx"])
    return path_truth.figures(forward, back)


def measure_echo(ask, answer, folder, seconds):
    responder = subprocess.Popen(answer.command(sys.executable, PEER, "answer", RESPONDER, 16384, folder / "answered"),
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    responder.stdout.readline()
    subprocess.run(ask.command(sys.executable, PEER, "ask", AGENT, 16384, RESPONDER, folder / "asked", seconds * 250, 4,
                               32), check=True)
    responder.communicate()
    got = stamped_figures(json.load(open(folder / "asked")), json.load(open(folder / "answered")))
    return {"streams": [{"name": "echo", **got}]}


def flows(rows):
    """The record's rows of each stream, those there and those back, by the two ports."""
    out = {}
    for r in rows:
        ports = (r["sport"], r["dport"]) if r["dir"] == "forward" else (r["dport"], r["sport"])
        out.setdefault(ports, {"forward": [], "back": []})[r["dir"]].append(r)
    return sorted(out.values(), key=lambda f: -len(f["forward"]))


class Assessment:
    """visavis-sla at both ends."""
    def __init__(self, args, ask, answer, folder):
        self.args, self.folder, self.programs = args, folder, []
        self.env = {**os.environ, "VISAVIS_RUN": str(folder / "run")}
        (folder / "site.yaml").write_text(f"""site: path
networks: {{ path: 10.94.0.0/24 }}
hosts:
  near: {{ role: sla-agent, address: {AGENT}, sla-clock-error: "1", sla-rate: "100000" }}
  far: {{ role: sla-responder, address: {RESPONDER}, sla-clock-error: "1" }}
""")
        for host, ns, words in (("far", answer, ["--responder"]), ("near", ask, [])):
            (folder / "run" / host).mkdir(parents=True)
            (folder / host).mkdir()
            self.programs.append(subprocess.Popen(
                ns.command(args.build / "daemons/sla/visavis-sla", "--site", folder / "site.yaml", "--host", host,
                           "--state", folder / host, *words), env=self.env))
        until = time.monotonic() + 20
        while any(not (folder / "run" / h / "ctl.sock").exists() for h in ("near", "far")):
            if time.monotonic() > until:
                sys.exit("visavis-sla did not start")
            time.sleep(0.02)

    def measure(self):
        r = subprocess.run([self.args.build / "tools/visavis/visavis", "probe", "near", "far", "--profile",
                            self.args.profile, "--duration", str(self.args.seconds), "--json"],
                           env=self.env, stdout=subprocess.PIPE, text=True)
        return json.loads(r.stdout)

    def end(self):
        for p in self.programs:
            p.terminate()
        for p in self.programs:
            p.wait()


def pairs(got, path):
    """(name, measured, what the record says) of each stream."""
    streams = sorted(got["streams"], key=lambda s: -s["sent"])
    parts = flows(path.rows)
    if len(parts) != len(streams):
        sys.exit(f"{len(streams)} streams, the record has {len(parts)}")
    rates = [(s["packets_a_second"], s["pictures_a_second"]) if "pictures" in s else None for s in streams]
    return [(s["name"], s, path_truth.figures(f["forward"], f["back"], s["sent"], r))
            for s, f, r in zip(streams, parts, rates)]


def total(parts):
    return {k: sum(want[k] for _, _, want in parts) for k in
            ("sent", "lost", "lost_forward", "lost_back", "out_of_order", "duplicate")}


def one(args, seed, measure, folder):
    rules = impairments(seed)
    path = Path(args.build, folder, rules)
    got = measure()
    path.end()
    parts = pairs(got, path)
    results = [path_truth.differences(name, is_, want, TOLERANCE_MS) for name, is_, want in parts]
    wrong, worst = sum((r[0] for r in results), []), max(r[1] for r in results)
    if path.sums["missed"]:
        wrong.append(f"the kernel had no room for {path.sums['missed']} frames")
    all_ = total(parts)
    print(f"{'differs' if wrong else 'holds  '} {seed:4}  sent {all_['sent']} lost {all_['lost_forward']}+"
          f"{all_['lost_back']} out of order {all_['out_of_order']} duplicate {all_['duplicate']}, times within "
          f"{worst:.3f} ms, forwarder late by {path.sums['error']['mean_ns'] / 1000:.1f} us", flush=True)
    for w in wrong:
        print(f"  {w}"[:200])
    if wrong:
        print("  " + rules.replace("\n", "\n  "))
        if args.keep:
            args.keep.mkdir(parents=True, exist_ok=True)
            (args.keep / f"{seed}.jsonl").write_bytes(path.record.read_bytes())
            (args.keep / f"{seed}.json").write_text(json.dumps(got))
    return {"seed": seed, "rules": rules, "wrong": wrong, "worst_ms": worst, "late": path.sums["error"],
            "truth": [p[2] for p in parts], "measured": got}


def main():
    args = arguments()
    inside()
    with tempfile.TemporaryDirectory() as d:
        ask, answer = Namespace("near", AGENT), Namespace("far", RESPONDER)
        folder = pathlib.Path(d)
        ends = None if args.echo else Assessment(args, ask, answer, folder)
        measure = ends.measure if ends else lambda: measure_echo(ask, answer, folder, args.seconds)
        results = [one(args, s, measure, folder) for s in range(args.first, args.first + args.seeds)]
        if ends:
            ends.end()
    bad = [r["seed"] for r in results if r["wrong"]]
    worst = [r["worst_ms"] for r in results]
    print(f"{len(results) - len(bad)} of {len(results)} paths hold; the worst figure of a path differs by "
          f"{statistics.median(worst):.3f} ms in half of them, {max(worst):.3f} ms at most; target {TOLERANCE_MS} ms")
    out = ROOT / "out/bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "sla_impair.json").write_text(json.dumps(results, indent=1))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
