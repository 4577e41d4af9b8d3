"""Commitments on EC2 and Fargate, applied to the hours of nodes and pods that the log tells of."""

from dataclasses import dataclass, field
from datetime import datetime, timezone
from fractions import Fraction

from books import UNIT_HOUR, told
from calendar_hours import HOUR
from story import Fault

STAGES = ("zonalReservedInstance", "regionalReservedInstance", "ec2InstanceSavingsPlan", "computeSavingsPlan")
#: Normalization factors in quarters.
SIZES = {"nano": 1, "micro": 2, "small": 4, "medium": 8, "large": 16, "xlarge": 32}
ONE_SIZE = ("g4ad", "g4dn", "g5", "g5g")
TERMS = {"1y": 8760, "3y": 26280}
UPFRONT_HALVES = {"noUpfront": 0, "partialUpfront": 1, "allUpfront": 2}
COLUMNS = {"noUpfront": "no_upfront", "partialUpfront": "partial_upfront", "allUpfront": "all_upfront"}


def nearest(value):
    """To the nearest whole, halves away from zero."""
    value = Fraction(value)
    size = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return size if value >= 0 else -size


def share(amount, over, under):
    return nearest(Fraction(amount * over, under))


def factor(kind):
    size = kind.partition(".")[2]
    if size in SIZES:
        return SIZES[size]
    times = size.removesuffix("xlarge")
    if times == size or not times.isdigit():
        raise Fault(f"the normalization factor of {kind} is not known to this check")
    return int(times) * 32


def family(kind):
    return kind.partition(".")[0]


@dataclass
class Usage:
    """The nodes of one group, type and zone; or vCPUs or memory of a workload's pods on Fargate."""

    line: object
    listed: int
    net: int
    billed: list
    free: list
    is_spot: bool


@dataclass
class Pledge:
    name: str
    kind: str
    #: In an hour: normalized quarters of all Reserved Instances, or nano-USD.
    capacity: int
    hourly: int
    upfront: int
    begins: int
    hours: int
    #: By usage: what a unit of it takes.
    takes: dict = field(default_factory=dict)

    def amortised(self, hour):
        if not self.begins <= hour < self.begins + self.hours:
            return 0
        since = hour - self.begins
        return self.hourly + share(self.upfront, since + 1, self.hours) - share(self.upfront, since, self.hours)


class Covered:
    """What commitments cover, and what they leave."""

    def __init__(self, usages, pledges, count):
        self.usages, self.pledges = usages, pledges
        self.rest = [list(usage.billed) for usage in usages]
        self.quantity = {}
        self.effective = {}
        self.cash = [[0] * count for _ in pledges]
        self.held = [[0] * count for _ in pledges]
        self.unused = [[0] * count for _ in pledges]
        self.unused_fee = [[0] * count for _ in pledges]

    def left(self, usage):
        return self.rest[self.usages.index(usage)]

    def _pledge(self, line):
        for at, pledge in enumerate(self.pledges):
            if pledge.name == line.commitment["id"]:
                return at
        raise Fault(f"{line}: the scenario has no such commitment")

    def row(self, bill, line, usage):
        key = (self.usages.index(usage), self._pledge(line))
        if key not in self.quantity:
            raise Fault(f"{line}: nothing is covered")
        return self._amounts(bill, self.quantity[key], lambda _: (usage.listed, 0), self.effective[key])

    def own_row(self, bill, line):
        at, count = self._pledge(line), bill.hours.count
        if line.commitment["part"] == "fee":
            cash = self.cash[at]
            return self._amounts(bill, self.held[at], lambda hour: (0, cash[hour]), [0] * count)
        return self._amounts(bill, self.unused[at], lambda _: (0, 0), self.unused_fee[at])

    @staticmethod
    def _amounts(bill, quantities, prices, effective):
        rows = told(bill.hours, quantities, lambda _: UNIT_HOUR, prices)
        return [(*row, amortised) for row, amortised in zip(rows, effective)]


def apply(bill, usages):
    """Hour by hour: zonal, regional, EC2 Instance Savings Plans, Compute Savings Plans."""
    groups = {group["name"]: (at, group["instanceTypes"]) for at, group in enumerate(bill.groups)}

    def place(usage):
        line = usage.line
        if line.group is None:
            return -1, line.resource, line.sku != "fargate_vcpu_hour", ""
        at, kinds = groups[line.group]
        return at, "", kinds.index(line.sku), line.zone or ""

    usages.sort(key=place)
    pledges = [_read(bill, name) for name in bill.commitments]
    for pledge, rules in pledges:
        for at, usage in enumerate(usages):
            takes = None if usage.is_spot else _takes(bill, rules, usage)
            if takes is not None:
                pledge.takes[at] = takes
    pledges = [pledge for pledge, _ in pledges]
    covered = Covered(usages, pledges, bill.hours.count)
    steps = _steps(usages, pledges)
    for hour in range(bill.hours.count):
        _hour(bill, covered, steps, hour)
    return covered


def _hour(bill, covered, steps, hour):
    begins, ends = bill.hours.bounds(hour)
    span, used, used_fee = ends - begins, [0] * len(covered.pledges), [0] * len(covered.pledges)
    holds = [pledge.begins <= hour < pledge.begins + pledge.hours for pledge in covered.pledges]
    fees = [share(pledge.amortised(hour), span, HOUR) for pledge in covered.pledges]
    capacity = [pledge.capacity * UNIT_HOUR * span // HOUR for pledge in covered.pledges]
    for at, of, takes in steps:
        left = covered.rest[of][hour]
        if not holds[at] or left <= 0 or used[at] >= capacity[at]:
            continue
        quantity = min((capacity[at] - used[at]) // takes, left) if takes else left
        if quantity == 0:
            continue
        covered.rest[of][hour] -= quantity
        used[at] += quantity * takes
        upto = share(fees[at], used[at], capacity[at])
        for rows, amount in ((covered.quantity, quantity), (covered.effective, upto - used_fee[at])):
            rows.setdefault((of, at), [0] * bill.hours.count)[hour] += amount
        used_fee[at] = upto
    for at, pledge in enumerate(covered.pledges):
        if holds[at]:
            upfront = pledge.upfront if pledge.begins == hour else 0
            covered.cash[at][hour] = upfront + share(pledge.hourly, span, HOUR)
            covered.held[at][hour] = UNIT_HOUR
            covered.unused[at][hour] = UNIT_HOUR * (capacity[at] - used[at]) // capacity[at] if capacity[at] else 0
            covered.unused_fee[at][hour] = fees[at] - used_fee[at]


def _steps(usages, pledges):
    """By stage; within it regional ones by size, plans by the highest saving and the lowest rate; at last as listed."""
    steps = []
    for at, pledge in enumerate(pledges):
        for of, takes in pledge.takes.items():
            rank = (0, 0)
            if pledge.kind == "regionalReservedInstance":
                rank = (takes, 0)
            elif pledge.kind.endswith("SavingsPlan"):
                rank = (Fraction(takes, usages[of].net) if usages[of].net else 10**9, takes)
            steps.append(((STAGES.index(pledge.kind), *rank, of, at), (at, of, takes)))
    return [step for _, step in sorted(steps)]


def _read(bill, name):
    rules = {
        key.removeprefix(f"commitments[{name}]."): value
        for key, value in bill.inputs.items()
        if key.startswith(f"commitments[{name}].")
    }
    kind = rules["kind"]
    if kind not in STAGES:
        raise Fault(f"commitments[{name}]: {kind} is not recomputed")
    term, payment = rules.get("term", "1y"), rules.get("payment", "noUpfront")
    upfront_halves, hours = UPFRONT_HALVES[payment], TERMS[term]
    if kind.endswith("ReservedInstance"):
        count = int(Fraction(rules.get("count", "1")))
        capacity = count * factor(rules["instanceType"])
        rate = bill.prices.reserved(rules["instanceType"], term, COLUMNS[payment])
    else:
        count, capacity = 1, nearest(Fraction(rules["usdPerHour"]) * 10**9)
        rate = capacity
    upfront_part = share(rate, upfront_halves, 2)
    hourly, upfront = (rate - upfront_part) * count, upfront_part * hours * count
    if "upfrontUsd" in rules or "hourlyUsd" in rules:
        hourly, upfront = (nearest(Fraction(rules.get(key, "0")) * 10**9) * count for key in ("hourlyUsd", "upfrontUsd"))
    begins = 0
    if "from" in rules:
        first = datetime.fromisoformat(rules["from"]).replace(tzinfo=timezone.utc)
        begins = int((first - bill.hours.first).total_seconds()) // 3600
    return Pledge(name, kind, capacity, hourly, upfront, begins, hours), rules | {"column": COLUMNS[payment], "term": term}


def _takes(bill, rules, usage):
    """How much of a commitment an hour of a machine takes; None if it does not apply."""
    mine, kind = usage.line.sku, rules["kind"]
    own = rules.get(f"rates.{mine}")
    if usage.line.group is None:
        if kind != "computeSavingsPlan":
            return None
        part = bill.prices.factor("fargate_over_on_demand", rules["term"], rules["column"])
        rate = nearest(usage.net * part if own is None else Fraction(own) * 10**9)
        return rate if rate < usage.net else None
    if kind == "zonalReservedInstance":
        return factor(mine) if mine == rules["instanceType"] and usage.line.zone == rules["zone"] else None
    if kind == "regionalReservedInstance":
        theirs = rules["instanceType"]
        if family(mine) != family(theirs) or family(mine) in ONE_SIZE and mine != theirs:
            return None
        return factor(mine)
    if kind == "ec2InstanceSavingsPlan" and family(mine) != rules["family"]:
        return None
    if own is not None:
        return nearest(Fraction(own) * 10**9)
    try:
        rate = bill.prices.reserved(mine, rules["term"], rules["column"])
    except Fault:
        return None
    if kind == "computeSavingsPlan":
        part = bill.prices.factor("compute_over_instance_discount", rules["term"], rules["column"])
        saved = (1 - Fraction(rate, usage.net)) * part
        rate = nearest(usage.net * (1 - min(max(saved, 0), 1)))
    return rate if rate < usage.net else None
