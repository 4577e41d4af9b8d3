"""Makes ec2_reserved.csv and gce_commitments.csv of the collected ec2_prices.csv and gcp_resource_prices.csv.

    python3 data/compile_commitments.py PRICES
"""
import csv, os, sys

here = os.path.dirname(os.path.abspath(__file__))
collected = sys.argv[1]


def rows(path):
    with open(path, newline="") as file:
        yield from csv.DictReader(file)


types = [row["type"] for row in rows(os.path.join(here, "ec2_types.csv"))]
cells, regions = {}, set()
for row in rows(os.path.join(collected, "ec2_prices.csv")):
    one, three = row["ri_std_1y_all_upfront_usd_hour"], row["ri_std_3y_all_upfront_usd_hour"]
    if row["type"] in types and (one or three):
        cells[row["type"], row["region"]] = f"{one}/{three}"
        regions.add(row["region"])
regions = sorted(regions)
with open(os.path.join(here, "ec2_reserved.csv"), "w") as file:
    print("type", *regions, sep=",", file=file)
    for kind in types:
        if any((kind, region) in cells for region in regions):
            print(kind, *(cells.get((kind, region), "") for region in regions), sep=",", file=file)

with open(os.path.join(here, "gce_commitments.csv"), "w") as file:
    print("family@region,vcpu,gb,vcpu_1y,gb_1y,vcpu_3y,gb_3y", file=file)
    for row in rows(os.path.join(collected, "gcp_resource_prices.csv")):
        if row["vcpu_ondemand_usd_hour"] and row["gb_ondemand_usd_hour"]:
            figures = [row[f"{what}_{how}_usd_hour"] for how in ("ondemand", "cud1y", "cud3y") for what in ("vcpu", "gb")]
            print(f"{row['family']}@{row['region']}", *figures, sep=",", file=file)
