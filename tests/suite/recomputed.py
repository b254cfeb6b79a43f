"""The figures of a run, computed anew from the lines of the journal by code of its own, and
every file that shows one compared with them. Nothing of `support` is used in here.

    python tests/suite/recomputed.py reports/latest
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from prometheus_client.parser import text_string_to_metric_families

sys.path.append(str(Path(__file__).resolve().parents[1]))

from run_files import journal_lines

Json = dict[str, Any]
LEAST = {"average": 20, "p50": 20, "p95": 200, "p99": 1000}
#: An arrival that is less sure counts only where those that are known are too few for a p99.
SURE_MS = 1.0
SHARE = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
ENDS = ("agent_completed", "agent_failed")
#: Faults that lose, swap or damage single messages: what came when says nothing about recovery.
OF_MESSAGES = ("drop", "swap", "truncate")
#: Histograms keep three significant digits, JSON three decimals.
EXACT = 0.002


def facts(lines: list[Json], direction: str, kind: str) -> Iterator[tuple[Json, Json]]:
    """Each frame with a fact of that kind, and the fact."""
    for line in lines:
        if line["kind"] == "frame" and line["direction"] == direction:
            yield from ((line, f) for f in line.get("facts", ()) if f["fact"] == kind)


def of(lines: list[Json], kind: str) -> list[Json]:
    return [line for line in lines if line["kind"] == kind]


def assessed(lines: list[Json]) -> list[Json]:
    """Without the scenarios that the end of the run has hit, which count for no figure."""
    ends = {line["scenario"]: line["status"] for line in of(lines, "scenario_ended")}
    return [line for line in lines if ends.get(line.get("scenario", "")) != "cut_short"]


def offset_s(lines: list[Json], wall: float) -> float | None:
    """The deployment's clock minus ours, by the quickest ping."""
    sent = {fact["nonce"]: frame["t"] for frame, fact in facts(lines, "sent", "pinged")}
    told = [
        (frame["t"] - sent[fact["nonce"]], fact["server_time"], sent[fact["nonce"]])
        for frame, fact in facts(lines, "received", "pong")
        if fact.get("nonce") in sent and "server_time" in fact
    ]
    if not told:
        return None
    took, theirs, began = min(told)
    return float(theirs - (wall + began + took / 2))


def service(lines: list[Json], wall: float, offset: float | None) -> Json:
    """The figures of these scenarios: counts, and lists of milliseconds."""
    replayed: dict[str, int] = {}
    for frame, fact in facts(lines, "received", "subscribed"):
        replayed[frame["connection"]] = fact.get("last") or 0 if fact.get("recovered") else 0
    limits: dict[str, float] = {}
    for frame, fact in facts(lines, "received", "ready"):
        limits.setdefault(frame["connection"], fact.get("message_bytes", float("inf")))
    asked: dict[tuple[str, str], float] = {}
    for frame, fact in facts(lines, "sent", "asked"):
        if frame["size"] <= limits.get(frame["connection"], float("inf")):
            asked.setdefault((frame["user"], fact["request_id"]), frame["t"])
    run_of: dict[tuple[str, str], str] = {}
    for frame, fact in facts(lines, "received", "accepted"):
        if "run_id" in fact:
            run_of.setdefault((frame["user"], fact.get("request_id")), fact["run_id"])
    live: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    every, known = [], []
    for frame, fact in facts(lines, "received", "event"):
        run = (frame["user"], fact.get("run_id", ""))
        seen[run].add(fact["type"])
        if fact.get("position", 1) <= replayed.get(frame["connection"], 0):
            continue
        live[run].append((frame["t"], fact["type"]))
        if offset is not None and "timestamp" in fact:
            every.append(max((wall + frame["t"] + offset - fact["timestamp"]) * 1000, 0.0))
            if frame.get("unsure_ms") is None or frame["unsure_ms"] <= SURE_MS:
                known.append(every[-1])
    latency = every if len(known) < LEAST["p99"] <= len(every) else known
    runs = {key: (key[0], run_of.get(key, "-")) for key in asked}
    ends = {
        key: min((t for t, kind in live[run] if kind in ENDS), default=None)
        for key, run in runs.items()
    }
    began = {c["connection"]: c for c in of(lines, "connecting")}
    admitted = {i for i, c in began.items() if c.get("expect", "admitted") == "admitted"}
    ready: dict[str, float] = {}
    for frame, _ in facts(lines, "received", "ready"):
        ready.setdefault(frame["connection"], frame["t"])
    by_type = Counter(fact["type"] for _, fact in facts(lines, "received", "event"))
    return {
        "scenarios": len(of(lines, "scenario_started")),
        "questions_asked": len(asked),
        "questions_ended": sum(not seen[run].isdisjoint(ENDS) for run in runs.values()),
        "events_received": sum(by_type.values()),
        "by_type": by_type,
        "admitted": len(admitted),
        "event_latency": latency,
        "arrivals": every,
        "first_event": [
            (min(live[run])[0] - asked[key]) * 1000 for key, run in runs.items() if live[run]
        ],
        "whole_answer": [(t - asked[k]) * 1000 for k, t in ends.items() if t is not None],
        "connect": [(ready[i] - began[i]["t"]) * 1000 for i in admitted if i in ready],
        "sign_in": [r.get("took_ms", 0.0) for r in of(lines, "signed_in") if r["ok"]],
        "ping_round_trip": [
            h.get("took_ms", 0.0) for h in of(lines, "heartbeat") if h["answered"]
        ],
        "busiest_second": max(
            (sum(t <= u < t + 1 for u in ends.values() if u is not None)
             for t in ends.values() if t is not None), default=0),
    }  # fmt: skip


def recoveries(lines: list[Json]) -> list[float | None]:
    """Milliseconds from each drop to the whole story; None: it never came."""
    left_out = {"H4", "H6", "I1", "I2", "I3", "I4", "I5"}
    exempt = {
        line["scenario"]
        for line in lines
        if line["kind"] == "control"
        or (
            line["kind"] == "fault"
            and line["name"] in OF_MESSAGES
            and line.get("direction") != "to_service"
        )
        or (line["kind"] == "scenario_started" and left_out & set(line.get("tags", ())))
    }
    kept = [line for line in lines if line.get("scenario") and line["scenario"] not in exempt]
    ready = {frame["connection"]: frame for frame, _ in facts(kept, "received", "ready")}
    wish = {f["connection"] for f, fact in facts(kept, "sent", "subscribing") if "after" in fact}
    answer = {f["connection"]: (f, fact) for f, fact in facts(kept, "received", "subscribed")}
    events = defaultdict(list)
    for frame, fact in facts(kept, "received", "event"):
        events[frame["connection"]].append((frame["t"], fact.get("position", 0)))
    cuts = {c["connection"]: c for c in of(kept, "closed") if c["by"] in ("fault", "network")}
    closed = {c["connection"]: c for c in of(kept, "closed")}
    tried = [
        c for c in of(kept, "connecting") if c.get("expect", "admitted") in ("admitted", "hoped")
    ]
    found: list[float | None] = []
    for cut in (c for i, c in cuts.items() if i in ready):
        after = [c for c in tried if c["user"] == cut["user"] and c["seq"] > cut["seq"]]
        back = next((c for c in after if c["connection"] in ready), None)
        if back is None:
            found += [None] if after else []
            continue
        name = back["connection"]
        if name not in wish:
            continue
        frame, said = answer.get(name, (None, {}))
        missed = [t for t, position in events[name] if position <= (said.get("last") or 0)]
        if not said.get("recovered") or len(missed) < (said.get("count") or 0):
            found += [] if name in cuts else [None]
            continue
        lost = [
            c for i, c in closed.items()
            if i in ready and c["user"] == cut["user"] and c["seq"] < back["seq"]
        ][-1]  # fmt: skip
        found.append(((missed or [frame["t"]])[-1] - lost["t"]) * 1000)
    return found


def recomputed(folder: Path) -> Json:
    """Everything, out of the journal of that run alone."""
    lines = [json.loads(line) for line in journal_lines(folder)]
    wall = of(lines, "opened")[0]["wall"] if lines else 0.0
    offset = offset_s(lines, wall)
    everything, lines = lines, assessed(lines)
    harmed = {
        line.get("scenario", "")
        for line in lines
        if line["kind"] in ("fault", "control") or line.get("under_load")
    }
    normal = [line for line in lines if line.get("scenario", "") not in harmed]
    under_fault = [line for line in lines if line.get("scenario", "") in harmed]
    frames, fences = of(lines, "frame"), of(lines, "fence")
    memory = defaultdict(list)
    for look in of(lines, "sample"):
        if look["name"] == "target_memory_bytes":
            memory[look.get("service", 0)].append(look["value"] / 1e6)
    return {
        "normal_service": service(normal, wall, offset),
        "under_fault": service(under_fault, wall, offset),
        "sent": sum(f["direction"] == "sent" for f in frames),
        "received": sum(f["direction"] == "received" for f in frames),
        "bytes": {
            way: sum(f["size"] for f in frames if f["direction"] == way)
            for way in ("sent", "received")
        },
        "fences": sum(f["held"] for f in fences),
        "memory": [len(looks) for looks in memory.values()],
        "grown": max((max(looks) - looks[0] for looks in memory.values()), default=0.0),
        "drops": recoveries(lines),
        "counters": {
            "connections": len(of(everything, "connecting")),
            "connections_made": len(of(everything, "connected")),
            "messages_sent": sum(1 for _ in facts(everything, "sent", "asked")),
            "events": sum(1 for _ in facts(everything, "received", "event")),
            "sign_ins_accepted": sum(r["ok"] for r in of(everything, "signed_in")),
            "pings_answered": sum(h["answered"] for h in of(everything, "heartbeat")),
            "fences_held": sum(f["held"] for f in of(everything, "fence")),
            "retries": sum(c.get("expect") == "hoped" for c in of(everything, "connecting")),
        },
    }


def disagreements(folder: Path, said: str = "") -> list[str]:
    """A sentence for every figure of every file that is not the one of the journal.

    `said` is what the terminal showed.
    """
    truth = recomputed(folder)
    found = [*_report(folder, truth), *_metrics(folder, truth), *_verdict(folder, truth)]
    return [*found, *_pictures(folder, truth), *_scenarios(folder, said), *_elsewhere(folder)]


def _differ(where: str, shown: object, true: object) -> Iterator[str]:
    if isinstance(shown, float) and isinstance(true, float):
        if abs(shown - true) > max(abs(true) * EXACT, 0.002):
            yield f"{where}: {shown}, but {true}"
    elif shown != true:
        yield f"{where}: {shown}, but {true}"


def percentile(values: list[float], name: str) -> float | None:
    if len(values) < LEAST[name]:
        return None
    if name == "average":
        return sum(values) / len(values)
    return sorted(values)[int(len(values) * SHARE[name] + 0.5) - 1]  # nearest rank


def _spread(where: str, shown: Json, true: list[float]) -> Iterator[str]:
    for name in LEAST:
        yield from _differ(f"{where} {name}", shown[name]["value"], percentile(true, name))
    yield from _differ(f"{where} samples", shown["longest"]["samples"], len(true))
    yield from _differ(f"{where} longest", shown["longest"]["value"], max(true, default=None))


def _report(folder: Path, truth: Json) -> Iterator[str]:
    report = json.loads((folder / "validation_report.json").read_bytes())
    summary = json.loads((folder / "monitoring/summary.json").read_bytes())
    shown = report["monitoring"]["figures"]
    yield from _differ("monitoring/summary.json", summary["figures"], shown)
    for kind in ("normal_service", "under_fault"):
        mine, true = shown[kind], truth[kind]
        for name in ("scenarios", "questions_asked", "questions_ended", "events_received"):
            yield from _differ(f"report {kind} {name}", mine[name], true[name])
        for event, count in mine["events_by_type"].items():
            yield from _differ(f"report {kind} {event}", count["seen"], true["by_type"][event])
        busiest = mine["answers_in_busiest_second"]
        yield from _differ(f"report {kind} busiest second", busiest, true["busiest_second"])
        for name in ("event_latency", "first_event", "whole_answer", "connect", "sign_in"):
            yield from _spread(f"report {kind} {name}", mine[name], true[name])
        yield from _spread(f"report {kind} ping", mine["ping_round_trip"], true["ping_round_trip"])
    back = [took for took in truth["drops"] if took is not None]
    recovery = shown["recovery"]
    yield from _differ("report drops", recovery["drops"], len(truth["drops"]))
    yield from _differ("report drops whole", recovery["whole"], len(back))
    yield from _spread("report recovery", recovery["to_whole_story"], back)
    for part in ("traffic", "isolation"):
        yield from _differ(part, shown[part]["messages_received"], truth["received"])
    yield from _differ("traffic sent", shown["traffic"]["messages_sent"], truth["sent"])
    for way, count in truth["bytes"].items():
        yield from _differ(f"traffic bytes {way}", shown["traffic"][f"bytes_{way}"], count)
    yield from _differ("fences", shown["isolation"]["fences_held"], truth["fences"])
    if any(looks > 1 for looks in truth["memory"]):
        yield from _differ("memory growth", shown["memory"]["growth"]["value"], truth["grown"])


def _metrics(folder: Path, truth: Json) -> Iterator[str]:
    metrics = json.loads((folder / "metrics.json").read_bytes())
    families = {
        family.name.removeprefix("greenlight_client_"): family.samples
        for family in text_string_to_metric_families((folder / "metrics.prom").read_text("utf-8"))
    }
    for name, true in truth["counters"].items():
        yield from _differ(f"metrics.json {name}", metrics["all"]["counts"][name], true)
        added = sum(s.value for s in families[name] if s.name.endswith("_total"))
        yield from _differ(f"metrics.prom sum of {name}", added, float(true))
    for service_name, kind in (("normal", "normal_service"), ("under_fault", "under_fault")):
        for name in ("event_latency", "first_event", "connect", "sign_in", "ping"):
            true = truth[kind]["ping_round_trip" if name == "ping" else name]
            told = metrics["durations"][service_name][name]
            yield from _differ(f"metrics.json {kind} {name}", told["count"], len(true))
            yield from _differ(
                f"metrics.json {kind} {name} p95", told["p95"], percentile(true, "p95")
            )
            (count,) = [
                s.value
                for s in families[f"{name}_seconds"]
                if s.name.endswith("_count") and s.labels["service"] == service_name
            ]
            yield from _differ(f"metrics.prom {kind} {name}", count, float(len(true)))


def _latency(name: str, shown: str, normal: Json) -> Iterator[str]:
    """Of the arrivals that are sure; where they are too few, a bound by all."""
    bound, true = "", percentile(normal["event_latency"], name)
    if true is None:
        bound, true = "at most ", percentile(normal["arrivals"], name)
    told = re.match(r"(at most |)([\d.]+) ms", shown)
    if true is None or told is None:
        yield from _differ(f"criterion {name}", shown == "not measured", true is None)
    elif told[1] != bound or abs(float(told[2]) - true) > max(true * EXACT, 0.051):  # one decimal
        yield f"criterion {name}: {shown}, but {bound}{true}"


def _verdict(folder: Path, truth: Json) -> Iterator[str]:
    verdict = json.loads((folder / "verdict.json").read_bytes())
    criteria = {c["name"]: c for c in verdict["criteria"]}
    normal = truth["normal_service"]
    samples = {
        "connections": normal["admitted"],
        "recovery": len(truth["drops"]),
        "memory_growth": sum(truth["memory"]),
        **{
            f"{figure}_latency": len(normal["arrivals"])
            if len(normal["event_latency"]) < LEAST[figure] <= len(normal["arrivals"])
            else len(normal["event_latency"])
            for figure in ("average", "p95", "p99")
        },
    }
    if criteria["user_isolation"]["state"] == "pass":
        samples["user_isolation"] = truth["received"]
        yield from _numbers("isolation", criteria["user_isolation"]["measured"], truth["fences"])
    for name, true in samples.items():
        yield from _differ(f"criterion {name}", criteria[name]["samples"], true)
    for name in ("average", "p95", "p99"):
        yield from _latency(name, criteria[f"{name}_latency"]["measured"], normal)
    true = percentile(normal["event_latency"], "average")
    told = verdict["figures"].get("latency_average_ms")
    yield from _differ("verdict.json latency_average_ms", told, true)
    runs = [json.loads(line) for line in (folder.parent / "runs.jsonl").read_bytes().splitlines()]
    (this,) = [run for run in runs if run["run"] == folder.resolve().name]
    yield from _differ("runs.jsonl average_latency_ms", this["average_latency_ms"], true)
    page = (folder / "decision.html").read_text("utf-8")
    text = (folder / "decision.md").read_text("utf-8")
    for criterion in criteria.values():
        if criterion["measured"] not in _plain(page):
            yield f"decision.html does not say {criterion['measured']}"
        if criterion["measured"] not in _plain(text):
            yield f"decision.md does not say {criterion['measured']}"


def _elsewhere(folder: Path) -> Iterator[str]:
    """What the verdict says stands in every other file just so."""
    verdict = json.loads((folder / "verdict.json").read_bytes())
    report = json.loads((folder / "validation_report.json").read_bytes())
    told = {c["name"]: c for c in report["compliance"]["criteria"]}
    results = folder / "allure-results"
    pages = [folder / "pull_request.md", *results.glob("greenlight-decision-attachment.*")]
    yield from _differ("pages of the decision", len(pages), 3)
    for page in pages:
        text = _plain(page.read_text("utf-8"))
        said = [verdict["decision"], verdict["bundle_digest"], verdict["next_step"]]
        said += [criterion["measured"] for criterion in verdict["criteria"]]
        yield from (f"{page.name} does not say {words}" for words in said if words not in text)
    for criterion in verdict["criteria"]:
        mine = told[criterion["name"]]
        for part in ("state", "measured", "limit", "value", "bound", "unit", "samples"):
            yield from _differ(
                f"report {criterion['name']} {part}", mine[part] or None, criterion[part] or None
            )
        if mine["unit"] in ("ms", "MB") and (number := re.match(r"[\d.]+", mine["measured"])):
            shown = f"{mine['value']:.1f}" if mine["value"] is not None else number[0]
            yield from _differ(f"criterion {criterion['name']} as text", number[0], shown)
    drawn, p95 = folder / "monitoring" / "trend.svg", report["trend"]["this_run"]["p95_latency_ms"]
    if p95 is not None and drawn.exists() and f"{p95:.1f} ms" not in _words(drawn):
        yield f"trend.svg does not say {p95:.1f} ms"


def _pictures(folder: Path, truth: Json) -> Iterator[str]:
    normal = truth["normal_service"]
    told = {p.stem: _words(p) for p in (folder / "monitoring").glob("*.svg")}
    if not (truth["counters"]["connections"] and normal["event_latency"]):
        return  # nothing was seen that a picture could show
    yield from _numbers("isolation.svg", told["isolation"], truth["received"])
    yield from _numbers("isolation.svg", told["isolation"], truth["fences"])
    yield from _numbers("latency.svg", told["latency"], len(normal["event_latency"]))
    ended = f"{normal['questions_ended']:,} of {normal['questions_asked']:,}"
    if ended not in told["events"]:
        yield f"events.svg does not say {ended}"
    for name in ("connect", "first_event", "ping_round_trip"):
        if normal[name] and f"{len(normal[name]):,} samples" not in told["performance"]:
            yield f"performance.svg does not say {len(normal[name]):,} samples ({name})"
    yield from _numbers("performance.svg", told["performance"], normal["events_received"])
    yield from _numbers("course.svg", told["course"], normal["busiest_second"])
    whole = f"{sum(took is not None for took in truth['drops'])} of {len(truth['drops'])} "
    if truth["drops"] and whole not in told["recovery"]:
        yield f"recovery.svg does not say {whole}"


def _scenarios(folder: Path, said: str) -> Iterator[str]:
    outcomes = json.loads((folder / "outcomes.json").read_bytes())["scenarios"]
    selected = [o for o in outcomes if o["selected"]]
    passed = sum(o["status"] == "passed" for o in selected)
    assessed = sum(o["status"] in ("passed", "failed") for o in selected)
    root = Xml.parse(folder / "junit.xml").getroot()
    cases = [case for case in root.iter("testcase") if case.get("line")]
    yield from _differ("junit.xml scenarios", len(cases), len(selected))
    verdict = json.loads((folder / "verdict.json").read_bytes())
    extra = 0 if verdict["decision"] in ("APPROVED", "NO DECISION") else 1
    yield from _differ("junit.xml tests", int(root.get("tests", "")), len(selected) + extra)
    report = json.loads((folder / "validation_report.json").read_bytes())
    totals = report["execution"]["totals"]
    yield from _differ(
        "report scenarios", (totals["passed"], totals["selected"]), (passed, len(selected))
    )
    shown = f"{assessed} of {len(selected)} selected scenarios assessed, {passed} passed"
    for name in ("decision.html", "decision.md"):
        if shown not in (folder / name).read_text("utf-8"):
            yield f"{name} does not say {shown}"
    if said and f"{assessed} of {len(selected)} scenarios assessed, {passed} passed" not in said:
        yield f"the terminal does not say {passed} passed of {assessed} assessed"
    score = report["health"]["score"]
    if score is not None and f"{score} " not in (folder / "badge.svg").read_text("utf-8"):
        yield f"badge.svg does not say {score}"
    results = len(list((folder / "allure-results").glob("*-result.json")))
    yield from _differ("Allure results", results, len(outcomes))


def _numbers(where: str, text: str, true: int) -> Iterator[str]:
    """The number stands in the text, with or without separators, as a number of its own."""
    numbers = {number.replace(",", "") for number in re.findall(r"\d[\d,]*", text)}
    if str(true) not in numbers:
        yield f"{where} does not say {true:,}: {text}"


def _words(path: Path) -> str:
    texts = Xml.parse(path).getroot().iter("{http://www.w3.org/2000/svg}text")
    return " | ".join(text.text or "" for text in texts)


def _plain(text: str) -> str:
    return text.replace("\\", "").replace("&#x27;", "'").replace("&gt;", ">").replace("&amp;", "&")


if __name__ == "__main__":
    wrong = disagreements(Path(sys.argv[1]))
    print("\n".join(wrong) or "Every file shows the figures of the journal.")
    sys.exit(bool(wrong))
