#!/usr/bin/env python3
"""Compiles the tables in this folder from collected public figures.

    python3 data/compile.py COLLECTED PRICES

COLLECTED and PRICES are folders with the files named in PROVENANCE.md. Standard library only. The tables are
embedded in the binary, so they are small: one row per thing, one column per region, no prose.
"""

import csv
import re
import sys
from pathlib import Path

from compile_prices import Tables, compile_prices

OUT = Path(__file__).parent
SOURCE, PRICES = map(Path, sys.argv[1:] if len(sys.argv) == 3 else sys.exit(__doc__))

# Families that only exist where they were installed: never guess a region for them.
SCARCE = re.compile(r"^(p\d|trn|inf|dl|g\d|gr\d|f\d|vt|u-|u7|hpc|x1|x2i|x8|c1|m1|m2|m3|t1|cc|cr)")


def prices(name, old=False):
    """A price table; `old`: of the folder of 2026-11-23."""
    with open((SOURCE if old else PRICES) / name, newline="") as file:
        return list(csv.DictReader(file))


def rows(name):
    with open(SOURCE / name, newline="") as file:
        return list(csv.DictReader(file))


def write(name, header, table):
    with open(OUT / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(table)


def number(value, digits=6):
    """The shortest decimal with at most `digits` decimals."""
    return f"{float(value):.{digits}f}".rstrip("0").rstrip(".") or "0"


def split_family(family):
    """`m7i-flex` is class `m`, generation 7, traits `i-flex`."""
    match = re.match(r"^([a-z]+)(\d+)(.*)$", family)
    return (match[1], int(match[2]), match[3]) if match else (family, 0, "")


def siblings(family, known):
    """Families of `known`, the most alike first: same class, then traits, then generation."""
    kind, generation, traits = split_family(family)

    def distance(other):
        other_kind, other_generation, other_traits = split_family(other)
        unlike = len(set(traits) ^ set(other_traits))
        return (other_kind != kind, other_kind != "m", unlike, abs(generation - other_generation), other)

    return sorted(known, key=distance)


def ec2():
    types = rows("aws/ec2_instances.csv")
    write(
        "ec2_types.csv",
        ["type", "vcpu", "memory_mib", "arch", "gpu", "enis", "ipv4_per_eni"],
        [
            [t["instance_type"], t["vcpu"], t["memory_mib"], t["arch"], t["gpu_count"],
             t["max_enis_default_card"], t["ipv4_per_eni"]]
            for t in types
        ],
    )
    kinds = [t["instance_type"] for t in types]
    advisor = {(r["instance_type"], r["region"]): (int(r["interruption_bucket"]), int(r["savings_pct"]))
               for r in rows("spot/aws_spot_advisor_linux.csv")}

    spot_regions = sorted({region for _, region in advisor})
    families = {kind.split(".")[0] for kind, _ in advisor}
    ranked = {family: siblings(family, families) for family in {kind.split(".")[0] for kind in kinds}}

    def advice(kind, region):
        """Spot Advisor's bucket and saving: `370`, `~370` of the most similar family, or nothing."""
        if (kind, region) in advisor:
            bucket, savings = advisor[kind, region]
            return f"{bucket}{savings:02}"
        family, size = kind.split(".")
        if SCARCE.match(family) or any((kind, r) in advisor for r in spot_regions):
            return ""
        for sibling in ranked[family]:
            if (f"{sibling}.{size}", region) in advisor and split_family(sibling)[0] == split_family(family)[0]:
                bucket, savings = advisor[f"{sibling}.{size}", region]
                return f"~{bucket}{savings:02}"
        return ""

    return advice


def gce_gpus(kind):
    """GPUs attached to the accelerator-optimised types, by Google's documentation."""
    if match := re.match(r"^a\d-\w+-(\d+)g$", kind):
        return int(match[1])
    return {"24": 2, "48": 4, "96": 8}.get(kind.rsplit("-", 1)[1], 1) if kind.startswith("g2-") else 0


def gce():
    types = rows("gcp/gce_machine_types.csv")
    arm = {"t2a", "c4a", "n4a"}
    write(
        "gce_types.csv",
        ["type", "vcpu", "memory_mib", "arch", "gpu", "shared_core"],
        [
            [t["machine_type"], number(t["vcpu"]), number(float(t["memory_gib"]) * 1024),
             "arm64" if t["family"] in arm else "amd64", gce_gpus(t["machine_type"]), t["shared_cpu"]]
            for t in types
        ],
    )


def boot():
    """Seconds from launch to a ready node, measured on EKS with stock or custom AMIs."""
    observed = []
    for row in rows("latency/node_provisioning_observations.csv"):
        if row["seconds"].isdigit() and row["context"].startswith("EKS") and row["to_event"] in (
                "node ready", "pod ready", "kubelet registered", "node takes pods") and "claim" not in row["note"]:
            observed.append((row["instance_type"], row["from_event"], row["to_event"], row["seconds"], row["date"]))
    write("node_boot.csv", ["type", "from", "to", "seconds", "date"], observed)


if __name__ == "__main__":
    advice = ec2()
    gce()
    boot()
    compile_prices(Tables(prices, write, number, OUT), advice)
    for file in sorted(OUT.glob("*.csv")):
        print(f"{file.stat().st_size:>8} {file.name}")
