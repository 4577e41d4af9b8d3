"""The price tables, of the figures collected on 2026-11-28: see PROVENANCE.md. Called by compile.py."""

import collections
import csv
import re

# What a source is called where a price is shown, and the date of its figures. Sources whose licence is unclear (marked R
# in PROVENANCE.md) are not here: a row of theirs is left out. `~`: estimated, and how.
SOURCES = {
    "A1": ("AWS list price, by Vantage instances.json", "2026-05-12", ""),
    "S0": ("AWS Spot Advisor", "2025-06-28", ""),
    "A1z": ("AWS spot price, mean of the region's zones", "2026-05-12", ""),
    "A1a": ("AWS Spot Advisor, mean of a month", "2026-05-12", ""),
    "F1": ("AWS Price List", "2026-10-13", ""),
    "T1": ("AWS Price List, by terracost", "2023-02-23", ""),
    "T1~": ("AWS Price List, by terracost", "2023-02-23", "price of eu-west-1"),
    "I1": ("list price, by Infracost", "2026-08-21", ""),
    "I1~": ("list price, by Infracost", "2026-08-21", "linear in the size of the class, or rounded in the source"),
    "X1": ("AWS list price, by Cortex", "2022-09-03", ""),
    "X1a": ("AWS list price, by Cortex", "2022-09-03", "price of the Network Load Balancer, equal where both are known"),
    "X1i": ("AWS list price, by Cortex", "2022-09-03", "price of io1, equal where both are known"),
    "X1n": ("AWS list price, by Cortex", "2022-09-03", "the hourly figure, equal where both are known"),
    "P1": ("AWS list price, by cloudlint", "2022-08-20", ""),
    "L1": ("AWS list price, by LeanerCloud", "2025-04-24", ""),
    "K1": ("AWS Price List, by cloudcost-exporter", "2026-07-23", ""),
    "K1~": ("AWS Price List, by cloudcost-exporter", "2026-07-23", "linear in the size of the class"),
    "V1": ("AWS list price, by Vantage", "2026-07-20", ""),
    "G1": ("Google Cloud list price, by Cyclenerd", "2026-07-30", ""),
    "G1~": ("Google Cloud list price, by Cyclenerd", "2026-07-30", "us-central1's times the region's price of an E2 vCPU"),
    "G1r": ("Google Cloud list price of vCPUs and GB, by Cyclenerd", "2026-07-30", ""),
    "C3": ("Google Cloud list price, by karpenter-provider-gcp", "2026-08-03", ""),
    "J1": ("Google Cloud list price", "2023-12-31", ""),
    "H5": ("Google Cloud documentation", "2026-11", ""),
    "M~": ("Google Cloud", "undated", "from documentation as it is remembered"),
    "U1": ("AWS Support plan pricing", "2026-05", ""),
    "U1~": ("AWS Support plan pricing", "2026-05", "shares of the Enterprise plan, only the minimum was found"),
    "U2": ("AWS Support plan pricing, as quoted by a study guide", "2026-10-04",
           "the shares change where those of the Business plan do"),
    "U3": ("AWS Support plan pricing, as quoted by a study guide", "2026-10-04", ""),
    "U4": ("Google Cloud Customer Care pricing, as quoted by DoiT", "2024-11-01", ""),
    "W1": ("AWS list price, as quoted by public estimators", "2025-12-30", ""),
}
MARKED = {"X1": {"alb": "X1a", "ebs_io2_iops": "X1i", "nat_gateway_data": "X1n"}}

# Names that Foresail had before; others are the source's name and its unit.
NAMES = {
    "clb": "classic_lb_hour", "clb_data": "classic_lb_gb", "eks_cluster": "eks_control_plane_hour",
    "eks_extended_support_cluster": "eks_extended_support_hour", "eks_auto_mode_fee": "eks_auto_mode_share",
    "cloudwatch_log_ingest": "log_ingestion_gb", "cloudwatch_log_storage": "log_storage_gb_month",
    "cloudwatch_log_query": "log_query_gb", "cloudwatch_alarm": "cloudwatch_alarm_month",
    "rds_gp3_single_az": "rds_storage_gb_month", "rds_gp3_multi_az": "rds_storage_multi_az_gb_month",
    "nat_gateway_data": "nat_gateway_gb", "cloud_nat_data": "cloud_nat_gb", "ebs_gp3_throughput": "gp3_mbps_month", "msk_storage": "kafka_storage_gb_month",
    "mq_rabbitmq_ebs": "mq_rabbitmq_storage_gb_month", "mq_activemq_efs": "mq_activemq_storage_gb_month",
    "s3_requests_tier1": "s3_put_thousand", "s3_requests_tier2": "s3_get_thousand", "fargate_gb": "fargate_memory_gb_hour",
    "gke_cluster": "gke_control_plane_hour", "gke_extended_channel": "gke_extended_support_hour",
    "autopilot_gb": "autopilot_memory_gb_hour", "autopilot_spot_gb": "autopilot_spot_memory_gb_hour",
    "forwarding_rule_data": "forwarding_rule_gb", "forwarding_rule_additional": "forwarding_rule_additional_hour",
    "cloud_sql_vcpu_zonal": "cloud_sql_zonal_vcpu_hour", "cloud_sql_gb_zonal": "cloud_sql_zonal_memory_gb_hour",
    "cloud_sql_vcpu_regional": "cloud_sql_regional_vcpu_hour",
    "cloud_sql_gb_regional": "cloud_sql_regional_memory_gb_hour", "cloud_sql_ssd_zonal": "cloud_sql_zonal_ssd_gb_month",
    "cloud_sql_ssd_regional": "cloud_sql_regional_ssd_gb_month", "pubsub_retained": "pubsub_retained_gb_month",
    "logging_ingest": "logging_ingestion_gb", "dns_zone": "dns_zone_month", "zone_to_zone_data": "cross_zone_gb",
    "cross_az_each_way": "cross_zone_gb", "inter_region_out": "inter_region_gb",
    "inter_region_out_us_east": "inter_region_us_east_gb", "internet_out": "internet_out_gb",
    "internet_egress_premium": "internet_out_gb", "disk_pd-local": "local_ssd_gb_month",
    "disk_pd-local_spot": "local_ssd_spot_gb_month", "disk_pd-snapshot": "pd_snapshot_gb_month",
    "disk_hyperdisk-extreme": "hyperdisk_extreme_gb_month", "ip_in_use_vm": "external_ip_hour",
    "ip_unused": "unused_ip_hour", "gcs_archiv": "gcs_archive_gb_month",
    "cloudfront_https_requests_us_eu": "cloudfront_https_ten_thousand", "ebs_magnetic": "magnetic_gb_month",
}
# Several rows of a source are tiers of one item: its name, and above how much each row applies.
TIERS = {
    "cloudfront_out_us_0_10tb": ("cloudfront_out_gb", 0), "cloudfront_out_us_10_50tb": ("cloudfront_out_gb", 10240),
    "cloudfront_out_us_50_150tb": ("cloudfront_out_gb", 51200),
    "cloudfront_out_us_150_500tb": ("cloudfront_out_gb", 153600),
    "cloudfront_out_us_500_1024tb": ("cloudfront_out_gb", 512000),
    "cloudfront_out_us_1_5pb": ("cloudfront_out_gb", 1048576),
    "route53_queries_first_1b": ("route53_queries_million", 0),
    "route53_queries_over_1b": ("route53_queries_million", 1000),
}
ABOVE = {"": 0, "0-10 TB": 0, "10-50 TB": 10240, "50-150 TB": 51200, ">150 TB": 153600,
         "0-1 TiB": 0, "1-10 TiB": 1024, "10n TiB": 10240}
UNITS = {"hour": "hour", "gb": "gb", "gb_month": "gb_month", "gib_month": "gb_month", "iops_month": "iops_month",
         "mibps_month": "mbps_month", "million": "million", "thousand": "thousand", "ten_thousand": "ten_thousand",
         "month": "month", "vcpu_hour": "vcpu_hour", "acu_hour": "acu_hour", "gb_hour": "gb_hour", "tib": "tib"}
# Commitments are other tables'; totals of a gateway, credits and archives to China say nothing that a bill needs.
LEFT_OUT = re.compile(r"cud\dy|_[13]y$|gke_free_credit|gke_enterprise|to_china|to_australia|cloud_nat_gateway_max|"
                      r"-dual$|-multi$|cloud_monitoring|pubsub_message|transit_gateway|latency_queries")
# The asked sources have internet egress of this region out of order.
DOUBTFUL = {("internet_egress_premium", "asia-northeast3")}

# What a custom metric of CloudWatch costs a month from so many on (W1 in PROVENANCE.md).
METRIC_TIERS = {0: "0.3", 10_000: "0.1", 250_000: "0.05", 1_000_000: "0.02"}
# Read in Infracost golden files (da0a586, 04322d6, 69c3645) and Google's documentation, where the collection has no row.
CONSTANTS = [
    ("s3_standard_gb_month", "us-east-1", "0.023", "I1"),
    ("cross_zone_gb", "us-east-1", "0.01", "I1"),
    ("pd_standard_gb_month", "us-central1", "0.04", "I1"),
    # The first five rules of a project and region together; each further one is `forwarding_rule_additional_hour`.
    ("forwarding_rule_hour", "gcp", "0.025", "H5"),
    ("cloudwatch_dashboard_month", "us-east-1", "3", "W1"),
]


# `rows(name)` reads a collected table, `write(name, header, table)` writes one of ours into the folder `out`.
Tables = collections.namedtuple("Tables", "rows write number out")


def compile_prices(tables, advice):
    ec2(tables, advice)
    gce(tables)
    fixed(tables)
    managed(tables)
    tables.write("price_sources.csv", ["id", "source", "date", "estimated"],
          [[key, name.replace(",", ";"), date, how.replace(",", ";")] for key, (name, date, how) in SOURCES.items()])


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def ec2(tables, advice):
    rows, write, number, out = tables
    types = [row["type"] for row in table(out / "ec2_types.csv")]
    listed = {(row["type"], row["region"]): row for row in rows("ec2_prices.csv")}
    regions = sorted({region for _, region in listed} - {"us-east-1"})
    regions = ["us-east-1", *regions]

    def price(kind, region):
        row = listed.get((kind, region))
        return number(row["ondemand_usd_hour"]) if row else ""

    write("ec2_prices.csv", ["type", *regions], [[kind, *(price(kind, region) for region in regions)] for kind in types])

    def spot(kind, region):
        row = listed.get((kind, region))
        if row is None:
            return ""
        said = advice(kind, region)
        mark, bucket, saving = ("~" if said.startswith("~") else ""), said.lstrip("~")[:1], said.lstrip("~")[1:]
        top, cost, source = float(row["ondemand_usd_hour"]), row["spot_usd_hour"], row["spot_kind"]
        # Where nothing is saved the source had no figure.
        if not cost or float(cost) >= top and source == "a":
            if not saving or mark:
                return ""
            cost, source = top * (1 - int(saving) / 100), "o"
        return f"{bucket or '2'}{mark if bucket else '~'}/{number(min(float(cost), top))}{source}"

    cells = [[kind, *(spot(kind, region) for region in regions)] for kind in types]
    write("ec2_spot.csv", ["type", *regions], [row for row in cells if any(row[1:])])
    zones = [[row["type"], row["region"], row["zones"], *(number(row[f"spot_{name}_usd_hour"])
              for name in ("min", "median", "mean", "max"))] for row in rows("ec2_spot_zones.csv")]
    write("ec2_spot_zones.csv", ["type", "region", "zones", "min", "median", "mean", "max"], zones)


def gce(tables):
    rows, write, number, out = tables
    types = [row for row in table(out / "gce_types.csv")]
    listed = {}
    for row in rows("gce_prices.csv"):
        listed[row["type"], row["region"]] = ("", float(row["ondemand_usd_hour"]), float(row["spot_usd_hour"] or 0))
    known = {kind for kind, _ in listed}
    for row in rows("gcp/gce_prices.csv", old=True):
        key = (row["machine_type"], row["region"])
        listed.setdefault(key, ("+", float(row["ondemand_usd_h"]), float(row["spot_usd_h"] or 0)))
    resources = {(row["family"], row["region"]): row for row in rows("gcp_resource_prices.csv")}
    regions = sorted({region for _, region in listed})

    def cell(row, region):
        kind = row["type"]
        if (kind, region) in listed:
            mark, price, spot = listed[kind, region]
        else:
            unit = resources.get((kind.split("-")[0], region))
            plain = re.fullmatch(r"[a-z0-9]+-(standard|highmem|highcpu)-\d+", kind)
            if kind in known or not unit or not plain:
                return ""
            size = (float(row["vcpu"]), float(row["memory_mib"]) / 1024)
            mark, price = "=", size[0] * float(unit["vcpu_ondemand_usd_hour"]) + size[1] * float(unit["gb_ondemand_usd_hour"])
            spot = size[0] * float(unit["vcpu_spot_usd_hour"] or 0) + size[1] * float(unit["gb_spot_usd_hour"] or 0)
        return f"{mark}{number(price)}/{number(spot)}" if 0 < spot < price else mark + number(price)

    write("gce_prices.csv", ["type", *regions], [[row["type"], *(cell(row, region) for region in regions)] for row in types])
    names = [f"{what}_{how}" for how in ("ondemand", "spot", "cud1y", "cud3y") for what in ("vcpu", "gb")]
    columns = [f"{what}{how}" for how in ("", "_spot", "_1y", "_3y") for what in ("vcpu", "gb")]
    write("gce_resources.csv", ["family@region", *columns],
          [[f"{family}@{region}", *(number(row[f"{name}_usd_hour"]) if row[f"{name}_usd_hour"] else "" for name in names)]
           for (family, region), row in sorted(resources.items())
           if row["vcpu_ondemand_usd_hour"] and row["gb_ondemand_usd_hour"]])


def named(item, unit):
    if item in NAMES:
        name = NAMES[item]
    else:
        name = item.removeprefix("disk_").removeprefix("ebs_").replace("-", "_").replace("redis_", "")
        what, _, time = UNITS[unit].partition("_")
        name = f"{name}_{time}" if what in name.split("_") and time else f"{name}_{UNITS[unit]}"
    return name


def source(row):
    mark = row.get("usd", "").startswith("~") or row.get("ondemand_usd_hour", "").startswith("~")
    key = row["src"].rstrip("*") or "M"
    if mark:
        key = MARKED.get(key, {}).get(row.get("item"), key + "~" if key not in ("H5",) else key)
    return key


def fixed(tables):
    rows, write, number, _ = tables
    prices = {}

    def add(item, region, above, usd, key):
        if key in SOURCES:
            prices.setdefault((item, region), {})[above] = (number(usd, 9), key)

    for item, region, usd, key in CONSTANTS:
        add(item, region, 0, usd, key)
    for above, usd in METRIC_TIERS.items():
        add("cloudwatch_metric_month", "us-east-1", above, usd, "W1")
    for cloud, name in (("aws", "aws_fixed.csv"), ("gcp", "gcp_fixed.csv"), ("aws", "aws_data_transfer.csv"),
                        ("gcp", "gcp_disk_network_storage.csv")):
        for row in rows(name):
            if LEFT_OUT.search(row["item"]) or (row["item"], row["region"]) in DOUBTFUL:
                continue
            region = cloud if row["region"] == "*" else row["region"]
            usd = (row.get("usd") or row.get("usd_gb")).lstrip("~")
            if row["item"] in TIERS:
                item, above = TIERS[row["item"]]
            else:
                item, above = named(row["item"], row.get("unit", "gb")), ABOVE[row.get("tier", "")]
            add(item, region, above, usd, source(row))
    lines = []
    for (item, region), tiers in sorted(prices.items()):
        cell = "|".join(usd if above == 0 else f"{above}:{usd}" for above, (usd, _) in sorted(tiers.items()))
        lines.append([item, region, cell, tiers[min(tiers)][1]])
    write("fixed_prices.csv", ["item", "region", "usd", "source"], lines)


def managed(tables):
    rows, write, number, _ = tables
    # An instance alone, or two of them: what is neither is not comparable.
    two = {"multi_az": "2", "active_standby": "2", "cluster_3_nodes": "3"}
    cells, regions = {}, set()
    for row in rows("aws_managed.csv"):
        key = source(row)
        if key in SOURCES and row["ondemand_usd_hour"]:
            place = (row["service"], row["class"], two.get(row["deployment"], "1"), key)
            cells.setdefault(place, {})[row["region"]] = number(row["ondemand_usd_hour"].lstrip("~"))
            regions.add(row["region"])
    regions = sorted(regions)
    write("managed_prices.csv", ["service", "class", "nodes", "source", *regions],
          [[*place, *(cells[place].get(region, "") for region in regions)] for place in sorted(cells)])
