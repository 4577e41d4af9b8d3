#!/usr/bin/env python3
"""What the official validator cannot see: judge_extra.py FILE.csv [--total USD]; exit 1 on any finding."""
import collections
import csv
import json
import sys
from datetime import datetime
from decimal import Decimal

EXACT = Decimal("1e-9")
ALLOWED = {
    "ChargeCategory": ["Usage", "Purchase", "Tax", "Credit", "Adjustment"],
    "ChargeFrequency": ["One-Time", "Recurring", "Usage-Based"],
    "PricingCategory": ["Standard", "Dynamic", "Committed", "Other"],
    "CommitmentDiscountCategory": ["Spend", "Usage", ""],
    "CommitmentDiscountStatus": ["Used", "Unused", ""],
    "CapacityReservationStatus": ["Used", "Unused", ""],
    "ChargeClass": ["", "Correction"],
    "ServiceCategory": [
        "AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases", "Developer Tools", "Multicloud",
        "Identity", "Integration", "Internet of Things", "Management and Governance", "Media", "Migration", "Mobile", "Networking",
        "Security", "Storage", "Web", "Other",
    ],
}
PRICED = ["ListUnitPrice", "ContractedUnitPrice", "PricingQuantity", "PricingUnit", "PricingCategory", "SkuId", "SkuPriceId"]

file = sys.argv[1]
total = Decimal(sys.argv[sys.argv.index("--total") + 1]) if "--total" in sys.argv else None
with open(file, newline="") as source:
    reader = csv.DictReader(source)
    header = reader.fieldnames
    rows = list(reader)
findings = []


def number(row, column):
    return Decimal(row[column]) if row[column] else None


def time(row, column):
    return datetime.strptime(row[column], "%Y-%m-%dT%H:%M:%SZ")


def check_form(row, say):
    for column, values in ALLOWED.items():
        if row[column] not in values:
            say(f"{column} is not an allowed value: {row[column]}")
    for column, value in row.items():
        if value and column.endswith(("Cost", "Price", "Quantity")):
            if "e" in value.lower() or "," in value or value.startswith("+") or "." not in value:
                say(f"{column} is not a plain decimal: {value}")
        if value and not value.strip():
            say(f"{column} is blank, not null")
        if value in ("null", "NULL", "N/A", "None", "nan"):
            say(f"{column} has a placeholder {value}")
    if row["Tags"] and any(isinstance(value, (dict, list)) for value in json.loads(row["Tags"]).values()):
        say("nested tag")
    if row.get("x_Simulated") != "true":
        say("not marked as simulated")


def check_price(row, say):
    if row["ChargeCategory"] in ("Usage", "Purchase"):
        for column in PRICED:
            if not row[column]:
                say(f"{column} is null")
        if row["CommitmentDiscountId"] and not row["CommitmentDiscountQuantity"]:
            say("CommitmentDiscountQuantity is null")
    if row["ChargeCategory"] == "Usage" and row["CommitmentDiscountStatus"] != "Unused":
        if not (row["ConsumedQuantity"] and row["ConsumedUnit"]):
            say("ConsumedQuantity or unit is null")
    for price, cost in (("ListUnitPrice", "ListCost"), ("ContractedUnitPrice", "ContractedCost")):
        if row[price] and abs(number(row, price) * number(row, "PricingQuantity") - number(row, cost)) > EXACT:
            say(f"{price} x PricingQuantity != {cost}")
    for column in ("EffectiveCost", "BilledCost"):
        if row["ChargeCategory"] == "Usage" and number(row, column) < 0:
            say(f"{column} negative on usage")
    if row["ContractedCost"] and number(row, "ContractedCost") > number(row, "ListCost") + Decimal("1e-12"):
        say("contracted above list")


def check_period(row, say):
    start, end, until = (time(row, column) for column in ("ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodEnd"))
    if not start < end:
        say("empty charge period")
    if not time(row, "BillingPeriodStart") <= start < until:
        say("charge starts outside its billing period")
    if row["ChargeCategory"] == "Usage" and end > until:
        say("usage ends after its billing period")


def check_commitment(row, say):
    commitment, status = row["CommitmentDiscountId"], row["CommitmentDiscountStatus"]
    if row["PricingCategory"] == "Committed" and not commitment:
        say("Committed without CommitmentDiscountId")
    if not commitment:
        return
    if row["PricingCategory"] == "Dynamic":
        say("spot is never covered")
    if row["ChargeCategory"] == "Usage":
        if row["PricingCategory"] != "Committed":
            say("covered usage is not Committed")
        if number(row, "BilledCost") != 0:
            say("covered usage has BilledCost")
        if row["CommitmentDiscountCategory"] == "Spend":
            if abs(number(row, "CommitmentDiscountQuantity") - number(row, "EffectiveCost")) > EXACT:
                say("spend commitment: quantity is not the effective cost")
        if status == "Unused" and (row["ResourceId"] != commitment or row["ConsumedQuantity"]):
            say("unused row: ResourceId is the commitment's, no ConsumedQuantity")
        if status == "Used" and row["ResourceId"] == commitment:
            say("used row names the commitment as its resource")
    if row["ChargeCategory"] == "Purchase":
        if number(row, "EffectiveCost") != 0:
            say("purchase has EffectiveCost")
        if row["ResourceId"] != commitment:
            say("purchase: ResourceId is not the commitment")
        if row["PricingCategory"] != "Standard":
            say("purchase is not Standard")


extensions = [column.startswith("x_") for column in header]
if extensions != sorted(extensions):
    findings.append("x_ columns are not last")
skus, prices = {}, {}
used, paid, at_once = collections.defaultdict(Decimal), collections.defaultdict(Decimal), set()
for line, row in enumerate(rows, 2):
    say = lambda text, line=line: findings.append(f"row {line}: {text}")
    for check in (check_form, check_price, check_period, check_commitment):
        check(row, say)
    if row["SkuPriceId"]:
        if skus.setdefault(row["SkuPriceId"], row["SkuId"]) != row["SkuId"]:
            say("SkuPriceId with two SkuIds")
        if prices.setdefault((row["SkuPriceId"], row["RegionId"]), row["ListUnitPrice"]) != row["ListUnitPrice"]:
            say("SkuPriceId with two list prices")
    commitment = row["CommitmentDiscountId"]
    if commitment and row["ChargeCategory"] == "Usage":
        used[commitment] += number(row, "EffectiveCost")
    if commitment and row["ChargeCategory"] == "Purchase":
        if row["ChargeFrequency"] == "Recurring":
            paid[commitment] += number(row, "BilledCost")
        else:
            at_once.add(commitment)
for commitment, amount in paid.items():
    if commitment not in at_once and abs(amount - used[commitment]) > EXACT:
        findings.append(f"{commitment}: paid {amount} but used and unused are {used[commitment]}")
sums = {column: sum((number(row, column) for row in rows), Decimal(0)) for column in ("BilledCost", "EffectiveCost", "ListCost")}
if total is not None and abs(sums["BilledCost"] - total) > Decimal("0.005"):
    findings.append(f"BilledCost sums to {sums['BilledCost']}, expected {total}")
print(f"{len(rows)} rows,", ", ".join(f"{column} {amount}" for column, amount in sums.items()))
print(*findings, sep="\n")
sys.exit(1 if findings else 0)
