#!/usr/bin/env python3
"""Hold what is measured of a path against what an impairing forwarder did to it: sla_impair.py [OPTION...]

  --build DIR     where the programs were built (build)
  --echo          measure with two small peers instead of visavis-sla: proves the forwarder
  --seeds N       that many paths, each with impairments drawn from its number (30)
  --first N       the first of them (1)
  --seconds N     of each measurement (2)

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
    return stamped_figures(json.load(open(folder / "asked")), json.load(open(folder / "answered")))


def truth(path):
    forward, back = ([r for r in path.rows if r["dir"] == d] for d in ("forward", "back"))
    return path_truth.figures(forward, back)


def one(args, seed, ask, answer, folder):
    rules = impairments(seed)
    path = Path(args.build, folder, rules)
    got = measure_echo(ask, answer, folder, args.seconds)
    path.end()
    want = truth(path)
    wrong, worst = path_truth.differences("path", got, want, TOLERANCE_MS)
    if path.sums["missed"]:
        wrong.append(f"the kernel had no room for {path.sums['missed']} frames")
    print(f"{'differs' if wrong else 'holds  '} {seed:4}  sent {want['sent']} lost {want['lost_forward']}+"
          f"{want['lost_back']} out of order {want['out_of_order']} duplicate {want['duplicate']}, times within "
          f"{worst:.3f} ms, forwarder late by {path.sums['error']['mean_ns'] / 1000:.1f} us", flush=True)
    for w in wrong:
        print(f"  {w}"[:200])
    if wrong:
        print("  " + rules.replace("\n", "\n  "))
    return {"seed": seed, "rules": rules, "wrong": wrong, "worst_ms": worst, "late": path.sums["error"],
            "truth": want, "measured": got}


def main():
    args = arguments()
    inside()
    with tempfile.TemporaryDirectory() as d:
        ask, answer = Namespace("near", AGENT), Namespace("far", RESPONDER)
        results = [one(args, s, ask, answer, pathlib.Path(d)) for s in range(args.first, args.first + args.seeds)]
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
