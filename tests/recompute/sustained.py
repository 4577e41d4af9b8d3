"""Google's sustained use discounts: levels of a stack of vCPUs, and of memory, by how much of the month they ran."""

from fractions import Fraction

from books import MICRO

#: What the four quarters of a month cost, in millionths of the list price.
TIERS = {"n1": (1000000, 800000, 600000, 400000), "n2": (1000000, 867800, 733000, 600000)}
TIERS |= {"m1": TIERS["n1"], "m2": TIERS["n1"], "n2d": TIERS["n2"], "c2": TIERS["n2"]}


def saved(bill, usages):
    """By usage: the quantity of each hour that costs nothing.

    A month is as long as what is simulated of it.
    """
    members, shares = [], {}
    for of, usage in enumerate(usages):
        series = usage.line.sku.split("-")[0]
        found = None if usage.is_spot or series not in TIERS else _parts(bill, usage, series)
        for name, size, price in found or ():
            members.append((of, (series, name), size))
            shares[of, name] = Fraction(price, usage.net) if usage.net else Fraction(1)
    months = {}
    for hour in range(bill.hours.count):
        months.setdefault(bill.hours.month(hour), []).append(hour)
    rows = {}
    for hours in months.values():
        pools = _pools(bill, usages, members, hours)
        for of, pool, _ in members:
            part = pools[pool]
            used = so_far = 0
            for hour in hours:
                used += usages[of].billed[hour]
                upto = used * part.numerator // part.denominator
                step = (upto - so_far) * shares[of, pool[1]]
                rows.setdefault(of, [0] * bill.hours.count)[hour] += step.numerator // step.denominator
                so_far = upto
    return rows


def _parts(bill, usage, series):
    """A machine as vCPUs and memory, whose prices add up to its own; None where they are not sold."""
    kind = bill.prices.gce_type(usage.line.sku)
    prices = bill.prices.resources(series)
    if kind["shared_core"] not in ("", "0") or prices is None:
        return None
    milli, gib = int(kind["vcpu"]) * 1000, Fraction(int(kind["memory_mib"]), 1024)
    cores, memory = Fraction(milli, 1000) * prices[0], gib * prices[1]
    of_cores = int(usage.net * cores / (cores + memory) + Fraction(1, 2))
    return [("vcpu", milli, of_cores), ("memory", int(gib * 2**30), usage.net - of_cores)]


def _pools(bill, usages, members, hours):
    """By pool: the part of its use that costs nothing."""
    blocks, nanos = {pool: [] for _, pool, _ in members}, 0
    for hour in hours:
        begins, ends = bill.hours.bounds(hour)
        span, heights = ends - begins, dict.fromkeys(blocks, 0)
        nanos += span
        # Machines that ran for the whole hour are below those that ran for a part of it.
        for of, pool, size in members:
            _pile(blocks[pool], heights, pool, usages[of].billed[hour] // (span * MICRO) * size, span)
        for of, pool, size in members:
            _pile(blocks[pool], heights, pool, size, usages[of].billed[hour] % (span * MICRO) // MICRO)
    return {pool: _part(rows, nanos, TIERS[pool[0]]) for pool, rows in blocks.items()}


def _pile(rows, heights, pool, height, time):
    if height > 0 and time > 0:
        rows.append((heights[pool], heights[pool] + height, time))
        heights[pool] += height


def _part(rows, month, tiers):
    edges = sorted([(low, time) for low, _, time in rows] + [(high, -time) for _, high, time in rows])
    height = time = paid = used = 0
    for edge, change in edges:
        used += (edge - height) * time
        for quarter, share in enumerate(tiers):
            low, high = month * quarter // 4, month * (quarter + 1) // 4
            high = max(time, high) if quarter == 3 else high
            paid += (edge - height) * max(min(time, high) - low, 0) * share
        height, time = edge, time + change
    paid = (paid + 500000) // 1000000
    return Fraction(max(used - paid, 0), used) if used else Fraction(0)
