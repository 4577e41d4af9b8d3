"""What a decision log says of everything that is paid for: from when until when, to the nanosecond."""

import json
from dataclasses import dataclass
from decimal import Decimal

SECOND = 10**9


class Fault(Exception):
    """Something is not as it should be."""


class Unfit(Exception):
    """A report that cannot be recomputed."""


@dataclass
class Span:
    """One thing while it is paid for. Times are nanoseconds since the start of the simulated time."""

    name: str
    #: What it is: of a node its group, machine type, zone and capacity type.
    of: dict
    begins: int
    #: None if it is paid for until the end.
    ends: int | None = None
    #: The provider took it back.
    reclaimed: bool = False


@dataclass
class Story:
    nodes: list
    #: Bound pods of what is paid for by the pod: Fargate, Autopilot.
    pods: list
    #: Volumes of StatefulSets' claims.
    volumes: list


def records(path):
    """The records of a decisions.jsonl, numbers exact."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file):
            record = json.loads(line, parse_float=Decimal)
            if record["n"] != number:
                raise Fault(f"{path}:{number + 1}: record {record['n']} where {number} comes next")
            yield record


def nanos(record):
    return int((Decimal(record["seconds"]) * SECOND).to_integral_exact())


def read(path):
    """Every record with `billing` begins or ends a span; what does not end goes on."""
    open_spans, done = {}, {"node": [], "pod": [], "volume": []}
    for record in records(path):
        turn = record.get("billing")
        if turn is None:
            continue
        kind, key, of = subject(record)
        if turn == "begins":
            if (kind, key) in open_spans:
                raise Fault(f"{path}: record {record['n']}: {key} is paid for already")
            span = Span(record["objects"][0], of, nanos(record))
            open_spans[kind, key] = span
            done[kind].append(span)
        else:
            span = open_spans.pop((kind, key), None)
            if span is None:
                raise Fault(f"{path}: record {record['n']}: {key} ends, and nothing says that it began")
            span.ends = nanos(record)
            span.reclaimed = record["decision"] == "node-reclaimed"
    return Story(done["node"], done["pod"], done["volume"])


def subject(record):
    """What a record is about: its kind, its key, and what its price depends on."""
    objects, decision = record["objects"], record["decision"]
    if decision in ("pod-at-start", "bound", "unbound"):
        workload = objects[1] if len(objects) > 2 else ""
        return "pod", (record["namespace"], objects[0]), {"namespace": record["namespace"], "workload": workload}
    if decision in ("volumes-created", "volumes-deleted"):
        # Claims that wait for a pod and claims that do not come apart, and go together.
        key = (record["namespace"], objects[0])
        return "volume", key, {"namespace": record["namespace"], "workload": objects[1]}
    of = {
        "group": objects[1] if len(objects) > 1 else "",
        "type": record.get("instance_type"),
        "zone": record.get("zone"),
        "capacity": record.get("capacity_type"),
    }
    return "node", objects[0], of
