"""What each line of a bill should be, hour by hour, and where its quantity comes from."""

from fractions import Fraction

import commitments
import sustained
from books import MICRO, UNIT_HOUR, by_level, half_up, of_nodes, tiers, told
from calendar_hours import HOUR
from story import SECOND, Fault

#: A spot instance that is taken back earlier is free of charge.
FREE_WITHIN = {"aws": HOUR, "gcp": 60 * SECOND}
NODES = ("on-demand nodes", "spot nodes")
#: Whose quantities are those of requests and of cpu use.
BY_TRAFFIC = ("_gb", "_lcu_hour")
#: What is paid for by the node.
OF_NODES = ("", "root volumes of ", "public addresses of ", "Cloud NAT of ")
#: Sizes of Fargate's pods: milli-vCPUs, then least, most and step of memory in thousandths of a GB.
FARGATE = [
    (250, 500, 2000, 500),
    (500, 1000, 4000, 1000),
    (1000, 2000, 8000, 1000),
    (2000, 4000, 16000, 1000),
    (4000, 8000, 30000, 1000),
    (8000, 16000, 60000, 4000),
    (16000, 32000, 120000, 8000),
]


def expected(bill, log):
    """By line: where its quantity comes from, and quantity, list, net and amortised cost of each hour."""
    rows, of_items = {}, {}
    for line in bill.lines:
        of_items.setdefault(line.item, []).append(line)
    nodes = _Nodes(bill, log)
    for item, lines in of_items.items():
        if item[0] in NODES:
            nodes.add(lines)
        elif lines[0].sku.startswith("fargate_"):
            nodes.add_pods(log, lines)
        elif item[0] != "commitments":
            rows.update(_of_item(bill, log, lines))
    rows.update(nodes.rows(of_items))
    return rows


def amounts(bill, quantities, divisor, prices):
    """Of a line that no commitment covers: amortised cost is what is invoiced."""
    rows = told(bill.hours, quantities, divisor, prices)
    return [(quantity, listed, net, net) for quantity, listed, net in rows]


class _Nodes:
    """Lines of nodes, and of what else commitments may cover. What the log has and the bill has not is a difference as well."""

    def __init__(self, bill, log):
        self.bill, self.spans = bill, {}
        for span in log.nodes:
            self.spans.setdefault((span.of["group"], span.of["type"], span.of["zone"]), []).append(span)
        self.of_pods = any(line.sku.startswith("autopilot_") for line in bill.lines)
        self.meters, self.saved = {}, None

    def add(self, lines):
        first = lines[0]
        key = (first.group, first.sku, first.zone)
        spans = self.spans.pop(key, [])
        is_spot = first.kind == "spot nodes"
        for span in spans:
            if (span.of["capacity"] == "spot") != is_spot:
                raise Fault(f"{first}: {span.name} is {span.of['capacity']} in the log")
        billed, free = of_nodes(self.bill.hours, spans, FREE_WITHIN[self.bill.provider])
        listed, spot = self.bill.prices.machine(first.sku)
        net = spot if is_spot else listed
        if self.of_pods:
            listed = net = 0
        priced = next((line for line in lines if line.price_type in ("onDemand", "spot")), None)
        if priced is not None:
            listed, net = price_of(self.bill, priced, listed, net)
        self.meters[key] = commitments.Usage(first, listed, net, billed, free, is_spot)

    def add_pods(self, log, lines):
        """Pods of Fargate, which commitments may cover as well."""
        first = lines[0]
        _, quantities, _ = _quantities(self.bill, log, first)
        listed = net = self.bill.prices.fixed(first.sku)[0][1]
        priced = next((line for line in lines if line.price_type == "onDemand"), None)
        if priced is not None:
            listed, net = price_of(self.bill, priced, listed, net)
        usage = commitments.Usage(first, listed, net, quantities, [0] * self.bill.hours.count, False)
        self.meters[first.resource, first.sku] = usage

    def rows(self, of_items):
        for (group, kind, zone), spans in self.spans.items():
            quantities = of_nodes(self.bill.hours, spans, FREE_WITHIN[self.bill.provider])
            if any(map(any, quantities)):
                raise Fault(f"the bill has no line of the {kind} of {group} in {zone}, of which the log has {spans[0].name}")
        covered = commitments.apply(self.bill, list(self.meters.values()))
        rows = {}
        for usage in self.meters.values():
            for line in of_items[usage.line.item]:
                rows[line] = self._row(line, usage, covered)
        for item, lines in of_items.items():
            if item[0] == "commitments":
                for line in lines:
                    rows[line] = ("log", covered.own_row(self.bill, line))
        return rows

    def _row(self, line, usage, covered):
        hour = lambda _: UNIT_HOUR
        if line.name.endswith(": sustained use discount"):
            if self.saved is None:
                self.saved = sustained.saved(self.bill, covered.usages)
            free = self.saved.get(covered.usages.index(usage), [0] * self.bill.hours.count)
            return "log", amounts(self.bill, free, hour, lambda _: (0, -usage.net))
        if line.commitment is not None:
            return "log", covered.row(self.bill, line, usage)
        if line.price_type == "free":
            return "log", amounts(self.bill, usage.free, hour, lambda _: (usage.listed, 0))
        rows = amounts(self.bill, covered.left(usage), hour, lambda _: (usage.listed, usage.net))
        if usage.is_spot and varies(line):
            paid = as_billed(self.bill, line)
            return "market", [(quantity, listed, *net[2:]) for (quantity, listed, _, _), net in zip(rows, paid)]
        return "log", rows


def price_of(bill, line, listed, net):
    """The tables' price, which the bill must have; another if its source is no table, or it says that it is estimated."""
    if (line.list_price, line.net_price) == (listed, net):
        return listed, net
    if bill.lists(line):
        raise Fault(
            f"{line}: the bill has the prices {line.list_price / 10**9:.9f} and {line.net_price / 10**9:.9f}, "
            f"the tables {listed / 10**9:.9f} and {net / 10**9:.9f}"
        )
    return line.list_price, line.net_price


def varies(line):
    """Whether a spot price changes from hour to hour."""
    said = line.row["priceSource"] + (line.row.get("estimated") or "")
    return "spot prices recorded in " in said or "spotProcess" in said


def as_billed(bill, line):
    """A line's own amounts. Those of a day are put into its first hour: the sums are the same."""
    rows, begun = [], set()
    for hour in range(bill.hours.count):
        period = hour if bill.grain == "hour" else bill.hours.day(hour)
        rows.append([0] * 4 if period in begun else line.cells.get(period, [0] * 4))
        begun.add(period)
    return rows


def _of_item(bill, log, lines):
    """Lines of one thing that is no node: several if its price has tiers."""
    first = lines[0]
    if first.kind == "support plan":
        return _of_support(bill, lines)
    source, quantities, of_tiers = _quantities(bill, log, first)
    divisor = _divisor(bill, first)
    if first.sku == "eks_auto_mode_share":
        share = bill.prices.fixed(first.sku)[0][1]
        kind = first.name.removeprefix("Auto Mode fee of ")
        prices = [(0, half_up(bill.prices.machine(kind)[0] * share, 10**9))]
    else:
        try:
            prices = bill.prices.fixed(first.sku)
        except Fault:
            # What the scenario itself prices, and what the tables have by class.
            if bill.lists(first) and first.kind not in ("databases", "caches", "message brokers"):
                raise
            prices = [(0, first.list_price)]
    if of_tiers is None:
        of_tiers = tiers(bill.hours, quantities, divisor, [above for above, _ in prices])
    rows = {}
    for line in lines:
        at = next((at for at, (_, usd) in enumerate(prices) if usd == line.list_price), 0)
        listed, net = price_of(bill, line, prices[at][1], prices[at][1])
        quantity = of_tiers[line] if isinstance(of_tiers, dict) else of_tiers[at]
        rows[line] = (source, amounts(bill, quantity, divisor, lambda _: (listed, net)))
    return rows


def _of_support(bill, lines):
    """A share of what the provider invoices: its quantities are what all other lines come to in each period."""
    if lines[0].unit == "USD":
        periods = {}
        for line in bill.lines:
            if line.kind != "support plan" and line.row["service"] != "charges":
                for period, cell in line.cells.items():
                    periods[period] = periods.get(period, 0) + cell[2]
        for period in set(periods).union(*(line.cells for line in lines)):
            shared = sum(line.cells.get(period, [0])[0] for line in lines)
            if shared != periods.get(period, 0):
                raise Fault(f"{lines[0]}: {bill.periods[period]}: a share of {shared}, all other lines come to {periods.get(period, 0)}")
    # How tiers and the least amount of a part of a month are rounded is not recomputed.
    return {line: ("sum", as_billed(bill, line)) for line in lines}


def _quantities(bill, log, line):
    hours = bill.hours
    if line.unit in ("LCU-Hours", "vCPU-Hours") or line.unit == "GB" and line.sku.endswith(BY_TRAFFIC):
        return "traffic", *_as_billed(bill, line)
    what, found, group = line.resource.partition("node group ")
    if found and what in OF_NODES:
        kind = _after(line.name, "Auto Mode fee of ")
        spans = [
            span for span in log.nodes if span.of["group"] == group and (kind is None or span.of["type"] == kind)
        ]
        return "log", *_of_spans(bill, line, spans)
    pods = _after(line.resource, "pods ")
    if pods:
        spans = [span for span in log.pods if f"{span.of['namespace']}/{span.of['workload']}" == pods]
        level = fargate(bill, pods, line.sku) if line.sku.startswith("fargate_") else None
        return "log", *_of_spans(bill, line, spans, level)
    claims = _after(line.resource, "claims ")
    if claims:
        namespace, _, claim = claims.partition("/")
        mine = lambda span: span.of["namespace"] == namespace and claim.endswith("-" + span.of["workload"])
        return "log", *_of_spans(bill, line, [span for span in log.volumes if mine(span)])
    always = _of_whole_hours(bill, line)
    return "standing", always, None


def _after(text, prefix):
    return text[len(prefix) :] if text.startswith(prefix) else None


def _as_billed(bill, line):
    """The quantities of all lines of this thing. What is counted is told in full: in billionths of a unit."""
    lines = {part: [row[0] for row in as_billed(bill, part)] for part in bill.lines if part.item == line.item}
    sums = [sum(row) for row in zip(*lines.values())]
    return sums, None if bill.grain == "hour" else lines


def _of_spans(bill, line, spans, level=None):
    """Things of one size while they are there. Which size that is, the line tells: one and the same in all hours."""
    if not spans:
        raise Fault(f"{line}: the log has nothing of it")
    units = by_level(bill.hours, spans, 1)
    if level is None:
        level = _level(bill, line, units)
    return [level * nanos for nanos in units], None


def _level(bill, line, units):
    """Millionths of a unit that each has: what the whole line comes to, month by month."""
    exact = sum(Fraction(nanos, _divisor(bill, line)(hour)) for hour, nanos in enumerate(units))
    told_units = Fraction(sum(part.total[0] for part in bill.lines if part.item == line.item), 10**9)
    level = round(told_units / exact)
    # Disks are whole GB, pods thousandths of a vCPU or of a GB.
    step = MICRO if line.unit.endswith("-month") else 1000
    return round(Fraction(level, step)) * step if abs(level - round(Fraction(level, step)) * step) <= 2 else level


def _of_whole_hours(bill, line):
    """What is there from the start until the end, or from a day on: the same in each whole hour in which it is there."""
    divisor, hours = _divisor(bill, line), bill.hours
    lines = [part for part in bill.lines if part.item == line.item]
    there = sorted({period for part in lines for period in part.cells})
    simulated = []
    for hour in range(hours.count):
        begins, ends = hours.bounds(hour)
        period = hour if bill.grain == "hour" else hours.day(hour)
        simulated.append(ends - begins if period in set(there) or len(there) == 0 else 0)
    exact = sum(Fraction(nanos, divisor(hour)) for hour, nanos in enumerate(simulated))
    level = round(Fraction(sum(part.total[0] for part in lines), 10**9) / exact)
    return [level * nanos for nanos in simulated]


def _divisor(bill, line):
    """How much of a quantity is one unit: counted things by the billionth, others by the hour or by the month's hours."""
    if line.unit == "Hours":
        return lambda _: UNIT_HOUR
    if line.unit in ("LCU-Hours", "vCPU-Hours") or line.unit == "GB" and line.sku.endswith(BY_TRAFFIC):
        return lambda _: 10**9
    return lambda hour: UNIT_HOUR * bill.hours.month(hour)[1]


def fargate(bill, workload, sku):
    """What a pod of a workload is billed for, by its requests in the scenario's manifests."""
    cpu = memory = 0
    found = False
    for name, value in bill.inputs.items():
        object_name, _, field = name.partition(" spec.")
        if object_name.split(" ", 1)[-1] != workload or ".containers[" not in field:
            continue
        if field.endswith(".resources.requests.cpu"):
            cpu, found = cpu + quantity(value) * 1000, True
        elif field.endswith(".resources.requests.memory"):
            memory, found = memory + quantity(value), True
    if not found:
        raise Fault(f"{workload}: its requests are not among the inputs")
    needed = -(-(memory + 256 * 2**20) * 1000 // 2**30)
    for milli, least, most, step in FARGATE:
        if cpu <= milli and needed <= most:
            size = least + -(-max(needed - least, 0) // step) * step
            if milli == 250 and size == 1500:
                size = 2000
            return int(milli if sku == "fargate_vcpu_hour" else size) * 1000
    raise Fault(f"{workload}: no Fargate pod is so large")


def quantity(text):
    """A quantity as Kubernetes writes it: `250m`, `1.5Gi`."""
    suffixes = {"m": Fraction(1, 1000), "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
    suffixes |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
    for suffix in sorted(suffixes, key=len, reverse=True):
        if text.endswith(suffix):
            return Fraction(text[: -len(suffix)]) * suffixes[suffix]
    return Fraction(text)
