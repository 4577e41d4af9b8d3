#!/usr/bin/env python3
"""Compiles the tables in this folder from collected public figures.

    python3 data/compile.py COLLECTED

COLLECTED is a folder with the files named in PROVENANCE.md. Standard library only. The tables are
embedded in the binary, so they are small: one row per thing, one column per region, no prose.
In a cell, `~` marks a figure that was estimated, `+` one that was listed by a later source.
"""

import csv
import re
import statistics
import sys
from pathlib import Path

OUT = Path(__file__).parent
SOURCE = Path(sys.argv[1] if len(sys.argv) == 2 else sys.exit(__doc__))

# Families that only exist where they were installed: never guess a region for them.
SCARCE = re.compile(r"^(p\d|trn|inf|dl|g\d|gr\d|f\d|vt|u-|u7|hpc|x1|x2i|x8|c1|m1|m2|m3|t1|cc|cr)")


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


def region_ratios(listed, home):
    """family -> region -> median of price(region) / price(us-east-1)."""
    ratios = {}
    for (kind, region), (price, _) in listed.items():
        if kind in home and not kind.endswith("metal"):
            ratios.setdefault(kind.split(".")[0], {}).setdefault(region, []).append(price / home[kind])
    return {family: {r: statistics.median(v) for r, v in by.items()} for family, by in ratios.items()}


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
    home = {t["instance_type"]: float(t["us_east_1_ondemand_usd_h"]) for t in types}

    listed = {}
    for row in rows("aws/ec2_ondemand_by_region_2022.csv"):
        kind = row.pop("instance_type")
        # A price that moved in us-east-1 since 2022 is not trusted elsewhere either.
        if kind in home and row["us-east-1"] and abs(float(row["us-east-1"]) - home[kind]) < 1e-9:
            for region, price in row.items():
                if price and region != "us-east-1":
                    listed[kind, region] = (float(price), "")
    for row in rows("aws/ec2_newer_families_by_region_skypilot.csv"):
        if row["kind"] == "ondemand" and row["region_or_az"] != "us-east-1":
            key = (row["instance_type"], row["region_or_az"])
            listed.setdefault(key, (float(row["usd_h"]), "+"))
    regions = sorted({region for _, region in listed})
    ratios = region_ratios(listed, home)

    advisor = {(r["instance_type"], r["region"]): (int(r["interruption_bucket"]), int(r["savings_pct"]))
               for r in rows("spot/aws_spot_advisor_linux.csv")}

    def price(kind, region):
        if (kind, region) in listed:
            value, mark = listed[kind, region]
            return mark + number(value)
        family = kind.split(".")[0]
        if SCARCE.match(family) and (kind, region) not in advisor:
            return ""
        for sibling in siblings(family, ratios):
            if region in ratios[sibling]:
                return "~" + number(home[kind] * ratios[sibling][region])
        return ""

    write("ec2_prices.csv", ["type", "us-east-1", *regions],
          [[kind, number(home[kind]), *(price(kind, region) for region in regions)] for kind in home])

    spot_regions = sorted({region for _, region in advisor})
    families = {kind.split(".")[0] for kind, _ in advisor}
    ranked = {family: siblings(family, families) for family in {kind.split(".")[0] for kind in home}}

    def spot(kind, region):
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

    table = [[kind, *(spot(kind, region) for region in spot_regions)] for kind in home]
    write("ec2_spot.csv", ["type", *spot_regions], [row for row in table if any(row[1:])])


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
    listed = {}
    for row in rows("gcp/gce_prices.csv"):
        listed[row["machine_type"], row["region"]] = (float(row["ondemand_usd_h"]), float(row["spot_usd_h"] or 0))
    regions = sorted({region for _, region in listed})

    def ratio(family, region, column):
        values = [price[column] / listed[kind, "us-central1"][column] for (kind, r), price in listed.items()
                  if r == region and kind.split("-")[0] == family and listed.get((kind, "us-central1"), (0, 0))[column]]
        return statistics.median(values) if values else None

    def cell(kind, region):
        mark, price = "", listed.get((kind, region))
        if price is None:
            home = listed.get((kind, "us-central1"))
            ratios = [ratio(kind.split("-")[0], region, column) for column in (0, 1)]
            if home is None or ratios[0] is None:
                return ""
            mark, price = "~", (home[0] * ratios[0], home[1] * (ratios[1] or 0))
        return f"{mark}{number(price[0])}/{number(price[1])}" if price[1] else mark + number(price[0])

    write("gce_prices.csv", ["type", *regions],
          [[t["machine_type"], *(cell(t["machine_type"], r) for r in regions)] for t in types])


# item: (cloud, test, component, unit) of the unit price table; per-month capacity units become hours.
UNIT_PRICES = {
    "alb_hour": ("aws", "lb", "Application load balancer", None),
    "classic_lb_gb": ("aws", "elb", "Data processed", None),
    "nat_gateway_gb": ("aws", "nat_gateway", "Data processed", None),
    "public_ipv4_hour": ("aws", "eip", "IP address (if unused)", None),
    "internet_out_gb_next_40tb": ("aws", "data_transfer", "Outbound data transfer to Internet (next 40TB)", None),
    "internet_out_gb_next_100tb": ("aws", "data_transfer", "Outbound data transfer to Internet (next 100TB)", None),
    "cross_zone_gb": ("aws", "data_transfer", "Intra-region data transfer", None),
    "log_ingestion_gb": ("aws", "cloudwatch_log_group", "Data ingested", None),
    "log_storage_gb_month": ("aws", "cloudwatch_log_group", "Archival Storage", None),
    "eks_extended_support_hour": ("aws", "eks_cluster", "EKS cluster (extended support)", None),
    "rds_storage_gb_month": ("aws", "db_instance", "Storage (general purpose SSD, gp3)", None),
    "rds_backup_gb_month": ("aws", "db_instance", "Additional backup storage", None),
    "documentdb_storage_gb_month": ("aws", "docdb_cluster_instance", "Storage", None),
    "documentdb_io_million": ("aws", "docdb_cluster_instance", "I/O requests", None),
    "elasticache_backup_gb_month": ("aws", "elasticache_cluster", "Backup storage", None),
    "mq_rabbitmq_storage_gb_month": ("aws", "mq_broker", "Storage (RabbitMQ, EBS)", None),
    "mq_activemq_storage_gb_month": ("aws", "mq_broker", "Storage (ActiveMQ, EFS)", None),
    "kafka_storage_gb_month": ("aws", "msk_cluster", "Storage", None),
    "opensearch_gp2_gb_month": ("aws", "opensearch_domain", "Storage (gp2)", None),
    "pd_standard_gb_month": ("google", "compute_disk", "Standard provisioned storage (pd-standard)", None),
    "pd_ssd_gb_month": ("google", "compute_disk", "SSD provisioned storage (pd-ssd)", None),
    "gke_control_plane_hour": ("google", "container_cluster", "Cluster management fee", None),
    "forwarding_rule_hour": ("google", "compute_forwarding_rule", "Forwarding rules", None),
    "forwarding_rule_gb": ("google", "compute_forwarding_rule", "Ingress data", None),
    "cloud_nat_vm_hour": ("google", "compute_router_nat", "Assigned VMs (first 32)", None),
    "cloud_nat_gb": ("google", "compute_router_nat", "Data processed", None),
    "cloud_sql_zonal_vcpu_hour": ("google", "sql_database_instance", "vCPUs (2, zonal)", None),
    "cloud_sql_regional_vcpu_hour": ("google", "sql_database_instance", "vCPUs (2, regional)", None),
    "cloud_sql_zonal_memory_gb_hour": ("google", "sql_database_instance", "Memory (104 GB, zonal)", "month"),
    "cloud_sql_regional_memory_gb_hour": ("google", "sql_database_instance", "Memory (104 GB, regional)", "month"),
    "cloud_sql_zonal_ssd_gb_month": ("google", "sql_database_instance", "Storage (SSD, zonal)", None),
    "cloud_sql_regional_ssd_gb_month": ("google", "sql_database_instance", "Storage (SSD, regional)", None),
    "memorystore_basic_m2_gb_hour": ("google", "redis_instance", "Redis instance (basic, M2)", "month"),
    "memorystore_standard_m2_gb_hour": ("google", "redis_instance", "Redis instance (standard, M2)", "month"),
    "autopilot_vcpu_hour": ("google", "container_cluster", "Autopilot vCPU", "month"),
    "autopilot_memory_gb_hour": ("google", "container_cluster", "Autopilot memory", "month"),
    "autopilot_ephemeral_gb_hour": ("google", "container_cluster", "Autopilot ephemeral storage", "month"),
}

# Several rows of one component differ by engine; these are the ones meant.
RESOURCE = {"rds_storage_gb_month": 'gp3["below_high_baseline"]', "rds_backup_gb_month": "sqlserver-web",
            "pd_ssd_gb_month": "ssd_default", "pd_standard_gb_month": "standard_default",
            "internet_out_gb_next_40tb": "us-west-2-lax-1", "internet_out_gb_next_100tb": "us-west-2-lax-1",
            "cross_zone_gb": "us-west-2-lax-1"}

# Read from Infracost golden files (da0a586, 04322d6, 69c3645) and the headline constants.
CONSTANTS = [
    ("alb_lcu_hour", "us-east-1", "0.008"),
    ("nlb_lcu_hour", "us-east-1", "0.006"),
    ("fargate_vcpu_hour", "us-east-1", "0.04048"),
    ("fargate_memory_gb_hour", "us-east-1", "0.004445"),
    ("s3_standard_gb_month", "us-east-1", "0.023"),
    ("s3_put_thousand", "us-east-1", "0.005"),
    ("s3_get_thousand", "us-east-1", "0.0004"),
    ("cloudfront_out_gb", "us-east-1", "0.085"),
    ("cloudfront_https_ten_thousand", "us-east-1", "0.01"),
    ("route53_zone_month", "us-east-1", "0.5"),
    ("pd_balanced_gb_month", "us-central1", "0.1"),
]

REGIONAL = {
    ("EKS control plane", "hourly"): "eks_control_plane_hour",
    ("NLB", "hourly"): "nlb_hour",
    ("CLB (classic ELB)", "hourly"): "classic_lb_hour",
    ("NAT gateway", "hourly"): "nat_gateway_hour",
    ("EBS gp2", "storage"): "gp2_gb_month",
    ("EBS gp3", "storage"): "gp3_gb_month",
    ("EBS gp3", "iops"): "gp3_iops_month",
    ("EBS gp3", "throughput"): "gp3_mbps_month",
    ("EBS io1", "storage"): "io1_gb_month",
    ("EBS io1", "iops"): "io1_iops_month",
    ("EBS io2", "storage"): "io2_gb_month",
    ("EBS st1", "storage"): "st1_gb_month",
    ("EBS sc1", "storage"): "sc1_gb_month",
}


def fixed():
    table = []
    for row in rows("aws/aws_fixed_prices_by_region_2022.csv"):
        item = REGIONAL[row["service"], row["item"]]
        price = float(row["price"])
        if item == "gp3_mbps_month":
            price *= 1000 / 1024  # the source converted AWS' price per MB/s to GiB/s and back
        table.append((item, row["region"], number(price), "2022-09-03"))
        if item == "nlb_hour" and row["region"] != "us-east-1":
            # Equal in us-east-1; the ALB price elsewhere is taken from the NLB.
            table.append(("alb_hour", row["region"], "~" + number(price), "2022-09-03"))
    units = rows("managed_services_unit_prices.csv")
    for item, (cloud, test, component, per) in UNIT_PRICES.items():
        found = [u for u in units if (u["cloud"], u["test"], u["component"]) == (cloud, test, component)
                 and u["example_resource"] == RESOURCE.get(item, u["example_resource"])]
        price = float(found[0]["unit_price_usd"]) / (730 if per == "month" else 1)
        price = round(price, 4) if item in ("alb_hour",) else price
        table.append((item, "us-east-1" if cloud == "aws" else "us-central1", number(price, 7), "2026-08-21"))
    # One zone and one GovCloud price listed under other names aside, the example resource is the region.
    transfer = {u["example_resource"]: u["unit_price_usd"] for u in units
                if u["test"] == "data_transfer" and u["component"].endswith("(first 10TB)")}
    for place, price in sorted(transfer.items()):
        place = "us-east-1" if place == "us-west-2-lax-1" else place
        table.append(("internet_out_gb", place, number(price), "2026-08-21"))
    table += [(item, region, price, "2026-08-21") for item, region, price in CONSTANTS]
    # Items by region in the infracost rows share their price with us-east-1 where nothing else is listed.
    write("fixed_prices.csv", ["item", "region", "usd", "date"], sorted(table))


def managed():
    table = []
    for row in rows("aws/elasticache_prices_2025.csv"):
        if re.match(r"^cache\.(t3|t4g|m[4567]|r[4567]|c7)", row["node_type"]) and row["ondemand_usd_h"]:
            table.append((f"elasticache-{row['engine']}", row["node_type"], row["region"],
                          number(row["ondemand_usd_h"]), "2025-04-24"))
    # From the unit price table, single-zone, us-east-1 (Multi-AZ is twice the price).
    seen = [
        ("rds-mysql", "db.t3.large", "0.136"), ("rds-mysql", "db.m5.large", "0.171"),
        ("rds-mysql", "db.t4g.small", "0.032"), ("rds-postgres", "db.t3.large", "0.145"),
        ("aurora", "db.r4.large", "0.29"), ("aurora", "db.t3.medium", "0.082"), ("aurora", "db.t3.large", "0.164"),
        ("documentdb", "db.r5.4xlarge", "2.216"), ("documentdb", "db.t3.medium", "0.078"),
        ("mq-activemq", "mq.m5.large", "0.288"), ("mq-activemq", "mq.t2.micro", "0.03"),
        ("mq-rabbitmq", "mq.m5.xlarge", "0.576"),
        ("msk", "kafka.m5.24xlarge", "10.08"), ("msk", "kafka.t3.small", "0.0456"),
        ("opensearch", "c4.2xlarge.search", "0.587"),
    ]
    table += [(service, kind, "us-east-1", price, "2026-08-21") for service, kind, price in seen]
    write("managed_prices.csv", ["service", "class", "region", "usd_hour", "date"], sorted(table))


def boot():
    """Seconds from launch to a ready node, measured on EKS with stock or custom AMIs."""
    observed = []
    for row in rows("latency/node_provisioning_observations.csv"):
        if row["seconds"].isdigit() and row["context"].startswith("EKS") and row["to_event"] in (
                "node ready", "pod ready", "kubelet registered", "node takes pods") and "claim" not in row["note"]:
            observed.append((row["instance_type"], row["from_event"], row["to_event"], row["seconds"], row["date"]))
    write("node_boot.csv", ["type", "from", "to", "seconds", "date"], observed)


if __name__ == "__main__":
    ec2()
    gce()
    fixed()
    managed()
    boot()
    for file in sorted(OUT.glob("*.csv")):
        print(f"{file.stat().st_size:>8} {file.name}")
