"""The bill of a result.json, amounts as whole nano-USD."""

import json
import os
from decimal import Decimal

from calendar_hours import Hours
from prices import Prices
from story import SECOND, Unfit

AMOUNTS = ("quantity", "listUsd", "netUsd", "effectiveUsd")


def billionths(value):
    """What a figure is in billionths: floats of fifteen digits have them."""
    return int(round(Decimal(value) * 10**9))


class BillLine:
    def __init__(self, row):
        self.row = row
        self.kind, self.sku, self.name, self.resource = row["kind"], row["sku"], row["name"], row["resource"]
        self.group, self.zone, self.unit = row.get("group"), row.get("zone"), row["unit"]
        self.price_type, self.commitment = row["priceType"], row.get("commitment")
        self.cells = {cell["period"]: [billionths(cell[name]) for name in AMOUNTS] for cell in row["cells"]}
        self.total = [billionths(row[name]) for name in AMOUNTS]
        self.list_price, self.net_price = billionths(row["listUnitPriceUsd"]), billionths(row["unitPriceUsd"])
        #: Lines of one thing: what is on demand, free of charge or covered by a commitment of it.
        self.item = (self.kind, self.sku, self.resource, self.zone, row.get("namespace"))

    def __str__(self):
        zone = f" in {self.zone}" if self.zone else ""
        part = f", {self.commitment['part']} of {self.commitment['id']}" if self.commitment else ""
        return f"{self.name} ({self.resource}{zone}, {self.price_type}{part})"


class Bill:
    def __init__(self, folder, data):
        with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
            result = json.load(file, parse_float=Decimal)
        scenario, bill = result["scenario"], result["bill"]
        if result["run"]["replications"] != 1:
            raise Unfit(
                f"{folder}: found {result['run']['replications']} replications, expected one: the decision log is of the "
                "first alone (`foresail run SCENARIO -n 1`)"
            )
        self.provider = "gcp" if scenario["platform"].startswith("GKE") else "aws"
        self.inputs, self.groups = result["inputs"], result["groups"]
        #: In the order in which the scenario lists them.
        self.commitments = [row["name"] for row in (result.get("commitments") or {}).get("commitments", [])]
        span = int(Decimal(scenario["durationSeconds"]) * SECOND)
        self.hours = Hours(bill["start"], bill["timeZone"], span)
        self.grain, self.periods = bill["grain"], bill["periods"]
        self.prices = Prices(data, scenario["region"], self.provider)
        with open(os.path.join(data, "price_sources.csv"), encoding="utf-8") as file:
            self.sources = {row.split(",")[1] for row in file.read().splitlines()[1:]}
        self.lines = [BillLine(row) for row in bill["lines"]]

    def lists(self, line):
        """Whether a line's price is from the tables: a user's book says so, as does what the scenario writes itself."""
        return line.row["priceSource"] in self.sources and not line.row.get("estimated")
