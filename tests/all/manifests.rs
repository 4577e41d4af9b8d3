//! Files for engines that run the shards of a plan, and the engines that can be had on this machine.

use crate::program::{Done, Folder};
use crate::sweep::folder;
use k8s_openapi::api::batch::v1::Job;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// Twelve points in five shards.
fn planned() -> Folder {
    let folder = folder();
    folder.run(&format!("sweep plan shop.yaml {} --shards 5 --out out", crate::sweep::VARY)).ok();
    folder
}

fn manifest(folder: &Folder, more: &str) -> Done {
    folder.run(&format!("sweep manifest {more}"))
}

fn yaml(text: &str) -> Value {
    let options = serde_yaml::options! { strict_booleans: true };
    serde_yaml::from_str_with_options(text, options).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn the_job_has_no_field_that_kubernetes_does_not_know() {
    let folder = planned();
    for more in
        ["", "--shards 5 --parallelism 3 --cpus 4 --memory 4096 --image registry.example/foresail:1 --claim a-claim"]
    {
        let written = yaml(manifest(&folder, &format!("kubernetes out {more}")).ok());
        let job: Job = serde_json::from_value(written.clone()).unwrap_or_else(|error| panic!("{error}: {written:#}"));
        assert_eq!(serde_json::to_value(&job).expect("JSON"), written, "a field is lost");
        let spec = job.spec.expect("a spec");
        let pod = spec.template.spec.expect("a pod");
        assert_eq!((spec.completion_mode.as_deref(), spec.completions), (Some("Indexed"), Some(5)));
        assert_eq!(spec.parallelism, Some(if more.is_empty() { 5 } else { 3 }));
        assert!(spec.backoff_limit_per_index.is_some() && spec.max_failed_indexes.is_some());
        assert_eq!(pod.restart_policy.as_deref(), Some("Never"), "a failure policy wants it, and a limit per index");
        assert_eq!(pod.security_context.and_then(|context| context.run_as_non_root), Some(true));
        let claim = pod.volumes.unwrap_or_default().remove(0).persistent_volume_claim.expect("a claim");
        assert_eq!(claim.claim_name, if more.is_empty() { "foresail" } else { "a-claim" });
    }
}

/// What the Job's container runs, with the index that Kubernetes would give it.
#[test]
fn what_the_job_runs_makes_the_whole_study() {
    let folder = planned();
    let job = yaml(manifest(&folder, "kubernetes out").ok());
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let args: Vec<&str> = container["args"].as_array().expect("args").iter().filter_map(Value::as_str).collect();
    for index in 0..5 {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("foresail"));
        let done =
            command.args(&args).env("JOB_COMPLETION_INDEX", index.to_string()).current_dir(folder.path()).output();
        assert!(done.expect("it runs").status.success());
    }
    folder.run("sweep merge out").ok();
    folder.run(&format!("sweep shop.yaml -q {} --out whole", crate::sweep::VARY)).ok();
    // The page as well: the plan beside the parts says how a point is run.
    for file in ["study.jsonl", "sweep.csv", "index.html"] {
        assert_eq!(folder.text(&format!("out/{file}")), folder.text(&format!("whole/{file}")), "{file}");
    }
}

#[test]
fn an_array_counts_from_0_and_a_line_from_1() {
    let folder = planned();
    let array = manifest(&folder, "slurm out --parallelism 2 --memory 512").ok().to_owned();
    for line in
        ["#SBATCH --array=0-4%2", "#SBATCH --mem=512M", "#SBATCH --requeue", "#   id=$(sbatch --parsable array.sh)"]
    {
        assert!(array.lines().any(|found| found == line), "{line}\n{array}");
    }
    assert!(array.contains("\nexec foresail sweep --plan out/plan.json --shards 5 --jobs"), "{array}");
    assert!(!array.contains("MaxArraySize") && !array.contains("{%") && !array.contains("{{"), "{array}");
    let line = manifest(&folder, "parallel out --program ./it's").ok().to_owned();
    assert!(line.contains("seq 5 | parallel --joblog out/parallel.log --resume-failed --retries 3"), "{line}");
    assert!(
        line.contains("sweep --plan out/plan.json --shard {}/5 ") && line.ends_with(" sweep merge out\n"),
        "{line}"
    );
    for script in [array, line] {
        let folder = Folder::new().file("script", script);
        let checked = Command::new("bash").args(["-n", "script"]).current_dir(folder.path()).status();
        assert!(checked.expect("bash").success());
    }
}

#[test]
fn what_cannot_be_run_is_refused() {
    let folder = planned();
    manifest(&folder, "kubernetes out --shards 4").refused(&["--shards: found 4, and the plan has 5"]);
    manifest(&folder, "slurm nowhere").refused(&["--plan", "nowhere", "`foresail sweep plan` writes plans"]);
    folder.run(&format!("sweep plan shop.yaml {} --out open", crate::sweep::VARY)).ok();
    manifest(&folder, "slurm open").refused(&["into how many parts?", "--shards N"]);
    manifest(&folder, "slurm open --shards 13").refused(&["found 13, expected 1 to 12"]);
    let absolute = folder.path().join("out").display().to_string();
    manifest(&folder, &format!("kubernetes {absolute}")).refused(&["is not below this folder"]);
    assert!(manifest(&folder, &format!("slurm {absolute}")).ok().contains(&absolute));
}

/// The example with a killed shard, where GNU parallel is installed; CI installs it.
#[test]
fn gnu_parallel_runs_a_killed_shard_again() {
    let version = Command::new("parallel").arg("--version").output();
    if !version.is_ok_and(|done| String::from_utf8_lossy(&done.stdout).starts_with("GNU parallel")) {
        println!("GNU parallel is not installed: not tried");
        return;
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::new();
    let done = Command::new(root.join("examples/distributed/parallel.sh"))
        .env("FORESAIL", assert_cmd::cargo::cargo_bin("foresail"))
        .env("WORK", folder.path())
        .output()
        .expect("a script");
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{told}\n{}", String::from_utf8_lossy(&done.stderr));
    assert!(told.contains("shard 2 was killed with") && told.contains("and run again"), "{told}");
    assert!(told.contains("study.jsonl: 25 lines, the same bytes") && told.contains("24 points, each once"), "{told}");
}
