"""Corrects five rules of the model that focus-validator 2.2.1 brings, whose conditions contradict their own MustSatisfy text."""
import json
import os

here = os.path.dirname(os.path.abspath(__file__))
with open(f"{here}/venv/lib/python3.12/site-packages/focus_validator/rules/model-1.2.0.1.json") as source:
    model = json.load(source)
rules = model["ModelRules"]


def is_not_null(column):
    return {"CheckFunction": "CheckNotValue", "ColumnName": column, "Value": None}


def equals(column, value):
    return {"CheckFunction": "CheckValue", "ColumnName": column, "Value": value}


def both(*items):
    return {"CheckFunction": "AND", "Items": list(items)}


def criteria(rule):
    return rules[rule]["ValidationCriteria"]


usage = equals("ChargeCategory", "Usage")
criteria("CommitmentDiscountStatus-C-004-C")["Condition"] = both(is_not_null("CommitmentDiscountId"), usage)
criteria("CapacityReservationStatus-C-004-C")["Condition"] = both(is_not_null("CapacityReservationId"), usage)
criteria("CapacityReservationStatus-C-003-C")["Condition"] = equals("CapacityReservationId", None)
statuses = [equals("CommitmentDiscountStatus", status) for status in ("Used", "Unused")]
criteria("CommitmentDiscountStatus-C-005-M")["Requirement"]["Items"] = statuses
# A simulated bill has no invoice: C-004 (must be null) applies, and C-005 cannot be decided from data.
rules["InvoiceId-C-005-C"]["Type"] = "Dynamic"
os.makedirs(f"{here}/rules_local", exist_ok=True)
with open(f"{here}/rules_local/model-1.2.0.1.json", "w") as target:
    json.dump(model, target)
