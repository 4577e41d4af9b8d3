//! Node groups as eksctl writes them.

use super::comment::why;
use super::groups::changed;
use crate::market::Provider;
use crate::scenario::Scenario;
use crate::study::advise::answer::Answer;
use std::fmt::Write;

/// The managed groups that change, as a part of a ClusterConfig; empty where the cluster is not on AWS.
pub(super) fn config(answer: &Answer, scenario: &Scenario) -> String {
    let rows = changed(answer, &scenario.cast);
    if scenario.provider != Provider::Aws || rows.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "# Put these into your ClusterConfig, or change sizes at once:\n#   eksctl scale nodegroup --cluster CLUSTER --name NAME \
         --nodes-min MIN --nodes-max MAX\napiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata:\n  name: CLUSTER\n  region: {}\n\
         managedNodeGroups:\n",
        scenario.region
    );
    for row in rows {
        for knob in &row.knobs {
            let _ = writeln!(text, "  # {}", why(knob));
        }
        let _ = write!(
            text,
            "  - name: {}\n    minSize: {}\n    maxSize: {}\n    desiredCapacity: {}\n",
            row.group.name,
            row.min,
            row.max,
            row.desired()
        );
        let machines = row.machines.clone().unwrap_or_else(|| types(&row));
        let _ = writeln!(text, "    instanceTypes: [{}]", machines.join(", "));
        if row.group.spot {
            text.push_str("    spot: true\n");
        }
    }
    text
}

/// The machine types as they are: a group without any has others.
fn types(row: &super::groups::Changed<'_>) -> Vec<String> {
    row.group.machines.iter().map(|machine| machine.instance_type.clone()).collect()
}
