#!/usr/bin/env python3
"""Recomputes the bill of a report from its decision log and the price tables, and compares it to the nano-USD.

    recompute.py REPORT [--data FOLDER] [--quiet]

REPORT is the folder of a run with one replication (`foresail run SCENARIO -n 1`): means of several are not the log's, which is
of the first. FOLDER has the price tables; `data/` of this repository without that. Of result.json only the start, the
time zone, the length, the region and the declared inputs are used, and what each line is called.

Where quantities come from is said of each line:

    log       nodes, their disks, addresses and fees, pods and volumes of StatefulSets: from decisions.jsonl
    standing  what is there from the start: a size that no decision changes, the same in each hour
    traffic   what requests and cpu use decide: the bill's own quantity, so that only price and sums are checked
    sum       the support plan: what it is a share of is the sum of all other lines
    market    spot nodes whose price changes by the hour: the quantity is from the log, the price the bill's own

Exit status: 0 if all is equal, 1 with the first difference otherwise, 2 if something cannot be read.
"""

import argparse
import os
import sys

import books
import story
from bill import Bill
from lines import expected
from story import Fault, Unfit

HERE = os.path.dirname(os.path.abspath(__file__))


def compare(line, rows, bill):
    """Checks a line against the amounts that it should have in each hour; they are summed as the bill has its periods."""
    periods = {}
    for hour, row in enumerate(rows):
        period = hour if bill.grain == "hour" else bill.hours.day(hour)
        sums = periods.setdefault(period, [0, 0, 0, 0])
        for at, amount in enumerate(row):
            sums[at] += amount
    for period in sorted(set(periods) | set(line.cells)):
        found, wanted = line.cells.get(period, [0] * 4), periods.get(period, [0] * 4)
        for name, is_now, should in zip(("quantity", "list", "net", "effective"), found, wanted):
            if is_now != should:
                when = bill.periods[period] if period < len(bill.periods) else f"period {period}"
                raise Fault(
                    f"{line}: {when}: {name}: the bill has {is_now / 10**9:.9f}, the recomputation {should / 10**9:.9f}"
                )
    for at, name in enumerate(("quantity", "list", "net", "effective")):
        if line.total[at] != sum(row[at] for row in periods.values()):
            raise Fault(f"{line}: its total {name} is not the sum of its hours")
    return len(periods)


def months(line, rows, bill):
    sums = {}
    for hour, (quantity, _, net, _) in enumerate(rows):
        row = sums.setdefault(bill.hours.month(hour)[0], [0, 0])
        row[0] += quantity
        row[1] += net
    return {month: row for month, row in sums.items() if any(row)}


def check(folder, data, quiet):
    bill = Bill(folder, data)
    log = story.read(os.path.join(folder, "decisions.jsonl"))
    rows = expected(bill, log)
    counts, total = {}, 0
    for line in bill.lines:
        if line not in rows:
            raise Fault(f"{line}: the recomputation has no such line")
        source, amounts = rows.pop(line)
        cells = compare(line, amounts, bill)
        row = counts.setdefault(source, [0, 0, 0])
        row[0] += 1
        row[1] += cells
        row[2] += line.total[2]
        total += line.total[2]
        if not quiet:
            for month, (quantity, net) in months(line, amounts, bill).items():
                print(f"{source:8}  {month}  {quantity / 10**9:>18.9f} {line.unit:<10} {net / 10**9:>16.9f}  {line}")
    for source, (lines, cells, net) in sorted(counts.items()):
        grain = "hours" if bill.grain == "hour" else "days"
        print(f"{source:8}  {lines:>4} lines, {cells:>6} {grain}, USD {net / 10**9:>18.9f}: equal")
    print(f"total     USD {total / 10**9:.9f} of {len(log.nodes)} nodes and all else: equal to the nano-USD")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("report", help="the folder of a run with one replication")
    parser.add_argument("--data", default=os.path.join(HERE, "..", "..", "data"), help="the folder of the price tables")
    parser.add_argument("--quiet", action="store_true", help="only the sums")
    asked = parser.parse_args()
    try:
        check(asked.report, asked.data, asked.quiet)
    except Fault as fault:
        print(f"DIFFERS: {fault}", file=sys.stderr)
        return 1
    except Unfit as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, KeyError, ValueError) as error:
        print(f"{asked.report} cannot be read: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
