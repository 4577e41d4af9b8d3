"""The price tables of `data/`, read anew."""

import csv
import os
from decimal import Decimal
from fractions import Fraction

from story import Fault


def nano(text):
    """USD in nano-USD."""
    return int((Decimal(text) * 10**9).to_integral_value(rounding="ROUND_HALF_UP"))


class Prices:
    def __init__(self, folder, region, provider):
        self.region, self.provider = region, provider
        self._tables = {}
        self._folder = folder
        self._fixed = {}
        for row in self._rows("fixed_prices.csv"):
            self._fixed.setdefault(row["item"], {})[row["region"]] = row["usd"]

    def _rows(self, name):
        with open(os.path.join(self._folder, name), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def _cell(self, name, kind):
        if name not in self._tables:
            self._tables[name] = {row["type"]: row for row in self._rows(name)}
        cell = self._tables[name].get(kind, {}).get(self.region) or ""
        if not cell:
            raise Fault(f"data/{name} has no price of {kind} in {self.region}")
        return cell

    def machine(self, kind):
        """The on-demand and the spot price of a machine type; the latter may be None."""
        if self.provider == "aws":
            listed = nano(self._cell("ec2_prices.csv", kind))
            try:
                # `3~/0.0437z`: how often it is taken back, the price, and of which kind that is.
                spot = nano(self._cell("ec2_spot.csv", kind).split("/")[1].rstrip("zao"))
            except Fault:
                spot = None
            return listed, spot
        listed, _, spot = self._cell("gce_prices.csv", kind).lstrip("+=").partition("/")
        return nano(listed), nano(spot) if spot else None

    def reserved(self, kind, term, column):
        """What a Standard Reserved Instance costs an hour, upfront parts spread over its term. Amazon lists five decimals."""
        one, _, three = self._cell("ec2_reserved.csv", kind).partition("/")
        usd = Fraction(one if term == "1y" else three) * self.factor("reserved_over_all_upfront", term, column)
        return int(usd * 10**5 + Fraction(1, 2)) * 10**4

    def factor(self, scheme, term, column):
        row = next(row for row in self._rows("commitments.csv") if row["scheme"] == scheme)
        return Fraction(row[f"{term}_{column}"].lstrip("~"))

    def gce_type(self, kind):
        return next(row for row in self._rows("gce_types.csv") if row["type"] == kind)

    def resources(self, series):
        """What an hour of a vCPU and of a GiB of a series costs on demand, nano-USD; None where they are not listed."""
        for name in ("gce_commitments.csv", "gce_resources.csv"):
            rows = self._rows(name) if os.path.exists(os.path.join(self._folder, name)) else []
            for row in rows:
                if row.get("family@region") == f"{series}@{self.region}":
                    return nano(row["vcpu"]), nano(row["gb"])
        return None

    def fixed(self, item):
        """The tiers of an item: from how many units on which price."""
        regions = self._fixed.get(item)
        if regions is None:
            raise Fault(f"data/fixed_prices.csv has no {item}")
        home = "us-east-1" if self.provider == "aws" else "us-central1"
        own = [name for name in sorted(regions) if _whose(name) == self.provider]
        if not own:
            raise Fault(f"data/fixed_prices.csv has no {item} of {self.provider}")
        cell = next(regions[name] for name in (self.region, self.provider, home, own[0]) if name in regions)
        tiers = []
        for part in cell.split("|"):
            above, _, usd = part.rpartition(":")
            tiers.append((int(above or 0), nano(usd)))
        return tiers


def _whose(region):
    """AWS numbers its regions after a dash."""
    stem = region.rstrip("0123456789")
    return "aws" if region == "aws" or stem != region and stem.endswith("-") else "gcp"
