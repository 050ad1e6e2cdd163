#!/usr/bin/env python3
"""Hold the manual pages to the programs: manuals.py SOURCE_DIR BUILD_DIR

Every option that a program's --help lists stands in its manual page, and
every option of the page is taken by the program. Every verb of the policy
tool stands in its page's synopsis. The pages pass mandoc's
check where mandoc is installed. Prints TAP.
"""
import pathlib
import re
import shutil
import subprocess
import sys

root, build = map(pathlib.Path, sys.argv[1:3])
VISAVIS = "tools/visavis/visavis"
# program and leading words, manual page
PAGES = [
    (["daemons/callcontrol/visavis-callcontrol"], "visavis-callcontrol.8"),
    (["daemons/codec/visavis-codec"], "visavis-codec.8"),
    (["daemons/media/visavis-media"], "visavis-media.8"),
    (["lab/visavis-impair"], "visavis-impair.8"),
    (["daemons/sla/visavis-sla"], "visavis-sla.8"),
    (["daemons/sla/visavis-sla", "--probe"], "visavis-sla.8"),
    (["daemons/sla/visavis-sla", "--responder"], "visavis-sla.8"),
    ([VISAVIS, "ctl"], "visavis-ctl.1"),
    ([VISAVIS, "lab"], "visavis-lab.1"),
    ([VISAVIS, "plan"], "visavis-plan.1"),
    ([VISAVIS, "flows"], "visavis.1"),
    ([VISAVIS, "site"], "visavis.1"),
    ([VISAVIS, "probe"], "visavis.1"),
]
PAGES += [([VISAVIS, "policy", verb], "visavis-policy.1") for verb in
          ("compile", "qos", "audit", "lint", "diff", "update", "translate", "explain")]
# every program answers these; a page need not say so
COMMON = {"--help", "--version"}
# taken but not listed by --help, and the reason
UNLISTED = {
    "visavis-media.8": {"--sandbox-try"},       # for the test of the sandbox
    "visavis-ctl.1": {"--no-wait"},             # a word of a daemon's command
}
number, failed = 0, 0


def say(ok, name, why=""):
    global number, failed
    number += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {name}")
    for line in why.splitlines() if not ok else ():
        print(f"# {line}")


def listed(words):
    """The options that --help puts at the head of a line, or in its synopsis."""
    exe = build / words[0]
    r = subprocess.run([exe, *words[1:], "--help"], capture_output=True, text=True, timeout=60)
    found = set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", r.stdout))
    return r.returncode, found - COMMON


def documented(page):
    found = set()
    for rest in re.findall(r"\bFl (.*)", (root / "docs/man" / page).read_text()):
        # "Fl -a , -b | -c" is three options; a letter follows Fl itself
        found.update(f"-{o}" for o in re.findall(r"(?<!\S)(-[a-z][a-z0-9-]*|^[a-z]\b)", rest))
    return found - COMMON


def built(words):
    """Is the program, and the command of visavis, in this build?"""
    exe = build / words[0]
    if not exe.exists() or len(words) == 1:
        return exe.exists()
    r = subprocess.run([exe, "--help"], capture_output=True, text=True, timeout=60)
    return re.search(rf"^  {words[1]}\b", r.stdout, re.M)


helps = {}
for words, page in PAGES:
    if not built(words):
        print(f"# {' '.join(words)} is not in this build")
        continue
    code, options = listed(words)
    helps.setdefault(page, set()).update(options)
    missing = options - documented(page)
    say(code == 0 and options and not missing, f"{page} has every option of {' '.join(words)}",
        f"status {code}, {len(options)} options, not in the page: {' '.join(sorted(missing))}")
for page, options in helps.items():
    extra = documented(page) - options - UNLISTED.get(page, set())
    say(not extra, f"{page} has no option that is not there", " ".join(sorted(extra)))
if built([VISAVIS, "policy"]):
    r = subprocess.run([build / VISAVIS, "policy", "--help"], capture_output=True, text=True, timeout=60)
    synopsis = (root / "docs/man/visavis-policy.1").read_text().split(".Sh DESCRIPTION")[0]
    verbs = re.findall(r"^  ([a-z]+) ", r.stdout, re.M)
    missing = [v for v in verbs if f".Nm visavis policy {v}\n" not in synopsis]
    say(len(verbs) > 5 and not missing, "visavis-policy.1 begins with every verb", " ".join(missing))
for page in sorted((root / "docs/man").iterdir()):
    if shutil.which("mandoc"):
        r = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True)
        say(not r.stdout + r.stderr, f"mandoc has nothing to say on {page.name}", r.stdout + r.stderr)
print(f"1..{number}")
sys.exit(1 if failed else 0)
