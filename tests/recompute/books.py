"""The rule of the bill: within a calendar month the running amount is rounded, not the hours."""

from calendar_hours import HOUR
from story import SECOND

#: Millionths of a unit: what levels are counted in.
MICRO = 10**6
UNIT_HOUR = MICRO * HOUR


def half_up(over, under):
    """over / under to the nearest whole, halves up."""
    return (2 * over + under) // (2 * under)


def told(hours, quantities, divisor, prices):
    """Quantity (billionths of a unit), list and net amount (nano-USD) of each hour.

    `divisor(hour)` is how much of a quantity is one unit, `prices(hour)` the list and the net price of that in nano-USD.
    """
    rows, month, exact, so_far = [], None, [0, 0, 0], [0, 0, 0]
    for hour, quantity in enumerate(quantities):
        if hours.month(hour) != month:
            month, exact, so_far = hours.month(hour), [0, 0, 0], [0, 0, 0]
        if quantity == 0:
            rows.append((0, 0, 0))
            continue
        row = []
        for at, price in enumerate((10**9, *prices(hour))):
            exact[at] += price * quantity
            upto = half_up(exact[at], divisor(hour))
            row.append(upto - so_far[at])
            so_far[at] = upto
        rows.append(tuple(row))
    return rows


def by_level(hours, spans, level):
    """Levels (millionths of a unit) of things while they are there, to the nanosecond, by hour."""
    quantities = [0] * hours.count
    for span in spans:
        for hour, nanos in hours.split(span.begins, hours.span if span.ends is None else span.ends):
            quantities[hour] += level * nanos
    return quantities


def of_nodes(hours, spans, free_within):
    """Nodes by hour, billed and free of charge.

    A node is billed by whole seconds, for a minute at least; what is added to its time is of the hour in which it ends. One
    that still runs at the end is billed until then. One that the provider takes back early is free of charge.
    """
    billed, free = [0] * hours.count, [0] * hours.count
    for span in spans:
        ends = hours.span if span.ends is None else span.ends
        lived = ends - span.begins
        row = free if span.reclaimed and lived < free_within else billed
        for hour, nanos in hours.split(span.begins, ends):
            row[hour] += MICRO * nanos
        if span.ends is not None:
            whole = max(-(-lived // SECOND) * SECOND, 60 * SECOND)
            row[min(hours.of(ends), hours.count - 1)] += MICRO * (whole - lived)
    return billed, free


def tiers(hours, quantities, divisor, bounds):
    """What of each hour's quantity is in each tier of its month; `bounds` are the units from which on a tier holds."""
    rows, month, used = [[] for _ in bounds], None, 0
    for hour, quantity in enumerate(quantities):
        if hours.month(hour) != month:
            month, used = hours.month(hour), 0
        after, unit = used + quantity, divisor(hour)
        for at, row in enumerate(rows):
            low = bounds[at] * unit
            high = bounds[at + 1] * unit if at + 1 < len(bounds) else max(after, low)
            row.append(min(max(after, low), high) - min(max(used, low), high))
        used = after
    return rows
