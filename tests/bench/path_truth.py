"""What a path's figures must be, from the impairing forwarder's record: packet by packet, by the kernel's times."""
import collections
import json

PERCENTS = (50, 90, 95, 99)


def record_read(path):
    lines = [json.loads(line) for line in open(path)]
    return lines[1:-1], lines[-1]


def departures(rows):
    """(time, index of its row, delay) of all that left, copies too, as they left."""
    out = []
    for i, r in enumerate(rows):
        if r["did"] != "sent":
            continue
        if "given_ns" not in r or r.get("copied") and "copy_given_ns" not in r:
            raise ValueError("the kernel did not tell when a packet left")
        out.append((r["rx_ns"] + r["given_ns"], i, r["given_ns"]))
        if r.get("copied"):
            out.append((r["rx_ns"] + r["copy_given_ns"], i, r["copy_given_ns"]))
    return sorted(out)


def answers(forward, back):
    """All answers that came, in order: (number, delay there, delay back, how manieth it was at the far side, when it
    left that). Each packet that reached the far side, copies too, was answered at once."""
    reached = departures(forward)
    if len(reached) != len(back):
        raise ValueError(f"{len(reached)} packets reached the far side, {len(back)} answers left it")
    return [(reached[i][1], reached[i][2], given, i, back[i]["rx_ns"]) for _, i, given in departures(back)]


def percentile(v, p):
    """The smallest value that at least p of 100 do not exceed."""
    return sorted(v)[max(0, -(-len(v) * p // 100) - 1)]


def series(v):
    """Milliseconds."""
    if not v:
        return {}
    return {"min": min(v) / 1e6, "mean": sum(v) / len(v) / 1e6, "max": max(v) / 1e6,
            **{f"p{p}": percentile(v, p) / 1e6 for p in PERCENTS}}


def runs(fates, kind):
    """How many runs of each length, from 1: losses of a kind between two packets that were answered."""
    lengths, n = collections.Counter(), 0
    for f in fates + ["answered"]:
        if f == "answered":
            lengths[n] += n > 0
            n = 0
        else:
            n += f == kind
    return [lengths[i + 1] for i in range(max([k for k, v in lengths.items() if v], default=0))]


def jitter(delays):
    """Of packets whose number follows another's: how much the delay changed, without the sign."""
    return series([abs(delays[q] - delays[q - 1]) for q in delays if q - 1 in delays])


def pictures(first, sent_ns, fates, pps, per_second):
    """Of the pictures that packets are bursts of: from when the last packet left to when the last was there, each way;
    of those that are whole and follow each other, how much that changed."""
    at = collections.defaultdict(list)
    for q in range(len(fates)):
        at[q * per_second // pps].append(q)
    whole = {k: qs for k, qs in at.items() if all(fates[q] == "answered" for q in qs)}
    there = {k: max(sent_ns[q] + first[q][1] for q in qs) for k, qs in whole.items()}
    forward = {k: there[k] - max(sent_ns[q] for q in qs) for k, qs in whole.items()}
    back = {k: max(first[q][4] + first[q][2] for q in qs) - max(first[q][4] for q in qs) for k, qs in whole.items()}
    return {"sent": len(at), "whole": len(whole), "jitter_ms": {"forward": jitter(forward), "back": jitter(back)}}


def rfc3550(came, which):
    """Inter-arrival jitter after the last packet; `came` is in the order of arrival."""
    j, last = 0.0, None
    for delay in (a[which] for a in came):
        if last is not None:
            j += (abs(delay - last) - j) / 16
        last = delay
    return j / 1e6


def figures(forward, back, sent=None, rates=None):
    """Of one stream; forward and back are the record's rows of its packets. Those after the first `sent` are in no
    figure. `rates`: packets and pictures a second, of video. The names are those of the agent's JSON."""
    sent = len(forward) if sent is None else sent
    came = [a for a in answers(forward, back) if a[0] < sent]
    reached = {i for _, i, _ in departures(forward)}
    first = {}
    for a in came:
        first.setdefault(a[0], a)
    fates = ["answered" if q in first else "back" if q in reached else "forward" for q in range(sent)]
    order, highest = 0, -1
    for q in first:
        order += q < highest
        highest = max(highest, q)
    video = {"pictures": pictures(first, [r["rx_ns"] for r in forward], fates, *rates)} if rates else {}
    return {
        **video,
        "sent": sent,
        "lost": sent - len(first),
        "lost_forward": fates.count("forward"),
        "lost_back": fates.count("back"),
        "loss_runs": {"forward": {"by_length": runs(fates, "forward")}, "back": {"by_length": runs(fates, "back")}},
        "out_of_order": order,
        "duplicate": len(came) - len(first),
        "rtt_ms": series([a[1] + a[2] for a in first.values()]),
        "forward_ms": series([a[1] for a in first.values()]),
        "back_ms": series([a[2] for a in first.values()]),
        "jitter_ms": {"forward": jitter({q: a[1] for q, a in first.items()}),
                      "back": jitter({q: a[2] for q, a in first.items()}),
                      "rfc3550": {"forward": rfc3550(sorted(first.values(), key=lambda a: a[3]), 1),
                                  "back": rfc3550(first.values(), 2)}},
    }


def differences(name, is_, should, tolerance_ms):
    """Counts must be equal, times within the tolerance. @return [what differs], the greatest difference of a time"""
    wrong, worst = [], 0.0
    for key, want in should.items():
        got = is_.get(key)
        if got is None:
            wrong.append(f"{name}.{key} is not told")
        elif isinstance(want, dict):
            w, d = differences(f"{name}.{key}", got, want, tolerance_ms)
            wrong, worst = wrong + w, max(worst, d)
        elif isinstance(want, float):
            worst = max(worst, abs(got - want))
            if abs(got - want) > tolerance_ms:
                wrong.append(f"{name}.{key} is {got:.3f}, the record says {want:.3f}")
        elif got != want:
            wrong.append(f"{name}.{key} is {got}, the record says {want}")
    return wrong, worst
