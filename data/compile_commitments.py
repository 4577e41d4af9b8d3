"""Makes ec2_reserved.csv of the collected ec2_prices.csv.

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
