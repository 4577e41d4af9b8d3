//! How to collect what a scenario is made of.

use crate::past::prometheus::queries;

/// Two weeks of the past.
const SPAN_S: u32 = 14 * 86_400;

const CLUSTER_AND_CLOUD: &str = r#"# What `foresail init` can use. Run what applies, step by step; everything stays in this folder.

# 1. The cluster: one dump, for `foresail init --from dump.yaml`. Secrets are not among the kinds.
kubectl get deployments,statefulsets,daemonsets,replicasets,jobs,cronjobs,pods,services,ingresses,ingressclasses,horizontalpodautoscalers,poddisruptionbudgets,persistentvolumeclaims,persistentvolumes,storageclasses,priorityclasses,limitranges,namespaces,nodes --all-namespaces -o yaml > dump.yaml
# Where the VPA is installed, for a second --from:
kubectl get verticalpodautoscalers --all-namespaces -o yaml > vpas.yaml

# 2. The node groups: Terraform as it is (--terraform infra/), or evaluated, or eksctl's file, or as the cloud describes them.
terraform -chdir=infra show -json > terraform.json
aws eks describe-nodegroup --cluster-name CLUSTER --nodegroup-name GROUP > nodegroup.json
gcloud container node-pools describe POOL --cluster CLUSTER --region REGION --format=json > nodepool.json

# 3. Spot prices of the past, for prices.spotHistory:
aws ec2 describe-spot-price-history --instance-types m5.large --product-descriptions Linux/UNIX --start-time "$(date -u -d '30 days ago' +%Y-%m-%dT%H:%M:%SZ)" --output json > spot-prices.json

# 4. Prometheus, two weeks. Where it can be reached from here nothing has to be collected:
#    foresail init --from dump.yaml --prometheus http://localhost:9090 --range 14d
#    (kubectl -n monitoring port-forward service/prometheus 9090 brings it here). Else, for --prometheus answers/:
PROMETHEUS=http://localhost:9090
START=$(date -u -d '14 days ago' +%s)
END=$(date -u +%s)
mkdir -p answers
query() { curl --silent --show-error --fail --get "$PROMETHEUS/api/v1/query_range" --data-urlencode "query=$1" --data-urlencode "start=$START" --data-urlencode "end=$END" --data-urlencode "step=$3" > "answers/$2"; }
"#;

/// A shell script, to be read and run step by step: what the cluster, the cloud and Prometheus know.
pub fn commands() -> String {
    let mut text = CLUSTER_AND_CLOUD.to_owned();
    let mut purpose = "";
    for asked in queries(SPAN_S, None) {
        if asked.purpose != purpose {
            purpose = asked.purpose;
            text += &format!("# {purpose}\n");
        }
        let query = asked.promql.split_whitespace().collect::<Vec<_>>().join(" ").replace('\'', "'\\''");
        text += &format!("query '{query}' {} {}\n", asked.file, asked.step_s);
    }
    text
}
