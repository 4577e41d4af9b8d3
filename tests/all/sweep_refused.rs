//! Sweeps that cannot be: all that is wrong, what to do, exit 2, nothing written.

use crate::sweep::{VARY, folder, sweep};
use std::fs;

#[test]
fn what_cannot_be_varied_is_said_before_anything_runs() {
    let folder = folder();
    let refused = |vary: &[&str], texts: &[&str]| {
        let mut words = vec!["sweep", "shop.yaml", "-q", "--out", "out"];
        vary.iter().for_each(|vary| words.extend(["--vary", vary]));
        folder.run_words(&words).refused(texts);
        assert!(!folder.has("out"), "nothing is written");
    };
    refused(&[], &["there is nothing to vary", "`sweep:` block"]);
    refused(
        &["traffic.scal=1,2"],
        &["--vary traffic.scal=1: error: traffic.scal: unknown field `scal`", "did you mean `scale`?"],
    );
    refused(&["hpa.mx=1,2"], &["no `mx` to vary", "did you mean `max`?"]);
    refused(&["hpa.wep.max=1,2"], &["no HorizontalPodAutoscaler `wep`", "did you mean `web`?"]);
    refused(&["hpa.max=8", "hpa.web.max=9"], &["`hpa.web.max` and `hpa.max` set the same thing"]);
    refused(&["hpa.max=8", "hpas.web.maxReplicas=9"], &["set the same thing"]);
    refused(&["hpa.max=8", "hpa.max=9"], &["`hpa.max` is there twice"]);
    refused(&["nodeGroups.pool.maxSize=3", "nodeGroups.pool={maxSize: 4}"], &["set the same thing"]);
    refused(&["autoscaler.scale-down-unneded-time=1m"], &["has no such flag", "`--scale-down-unneeded-time`"]);
    refused(&["autoscaler.v=1,2"], &["has no effect here"]);
    refused(&["seed=1,2"], &["seed: cannot be varied"]);
    refused(&["hpa..max=1,2"], &["none of them is empty"]);
    refused(&["hpa.max=1..1000000000/1"], &["1,000,000,000 points, expected at most 100,000", "--sample N"]);
    let all = ["a=0..999999999999/1", "b=0..999999999999/1", "c=0..999999999999/1", "d=0..999999999999/1"];
    refused(&all, &["more than 1e38 points"]);
    refused(&["hpa.max=4..8"], &["4..8 has no step"]);
    refused(&["hpa.max=8..4/1"], &["hpa.max: `8..4/1` ends below its beginning"]);
    refused(&["hpa.max"], &["`hpa.max` is not of the form path=values"]);
    // All problems at once.
    refused(
        &["hpa.max=8", "hpa.max=9", "hpa.mx=1", "hpa.min=5..1/1", "traffic.scal=1"],
        &["`hpa.max` is there twice", "no `mx` to vary", "ends below its beginning", "did you mean `scale`?"],
    );
    let all = ["hpa.mx=1", "spot.shar=1", "hpa.max=1..2", "traffic.scal=1", "duration=x"];
    refused(
        &all,
        &["no `mx`", "spot.share", "no step", "did you mean `scale`?", "--vary duration=x: error: duration: "],
    );
}

#[test]
fn a_point_that_breaks_the_scenario_is_told_with_its_settings() {
    let folder = folder();
    let done = folder.run("sweep shop.yaml -q --vary hpa.min=2,8 --vary hpa.max=4,6,10 --out out");
    done.refused(&[
        "must be greater than or equal to `minReplicas`",
        "at hpa.min=8, hpa.max=4",
        "at hpa.min=8, hpa.max=6",
    ]);
    assert!(!folder.has("out"));
    // What only the axes together make right is no problem.
    folder.run("sweep shop.yaml -q -n 1 --vary hpa.min=13,14 --vary hpa.max=15,16 --out out").ok();
}

#[test]
fn samples_and_shards_that_cannot_be() {
    let folder = folder();
    let refused = |more: &str, texts: &[&str]| sweep(&folder, &format!("{more} --out out")).refused(texts);
    refused("--sample 13", &["there are only 12 combinations"]);
    refused("--sample 0", &["found 0, expected at least 1"]);
    refused("--method lhs", &["nothing is drawn"]);
    refused("--max-points 11", &["12 points, expected at most 11"]);
    refused("--shard 8/7", &["found 8/7, and there are 7 shards", "counts from 1/7 to 7/7", "from 0 to 6"]);
    refused("--shard 0/7", &["found 0/7"]);
    refused("--shard x", &["expected I/N, as in 2/7"]);
    refused("--shards 3", &["which of the 3 shards is this?"]);
    refused("--shards 3 --shard 1/2", &["expected one of 3 shards"]);
    refused("--set hpas.web.maxReplicas=3", &["`hpa.max` is varied, and set to one value"]);
    assert!(!folder.has("out"), "nothing is written");
    let mut command = assert_cmd::Command::cargo_bin("foresail").expect("the program");
    let words = format!("sweep shop.yaml -q {VARY} --shards 7 --out out");
    command.args(words.split(' ')).env("SLURM_ARRAY_TASK_ID", "7").current_dir(folder.path());
    let output = command.output().expect("it runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("SLURM_ARRAY_TASK_ID: found 7, and there are 7 shards"), "{stderr}");
}

#[test]
fn a_folder_of_another_study_is_left_alone() {
    let folder = folder();
    sweep(&folder, "--out out -n 1").ok();
    let before = folder.text("out/study.jsonl");
    sweep(&folder, "--out out").refused(&["is of another study: found replications 1, expected 2", "--fresh"]);
    sweep(&folder, "--out out -n 1 --seed 2").refused(&["found seed 1, expected 2"]);
    sweep(&folder, "--out out -n 1 --set duration=5m").refused(&["found digest"]);
    folder
        .run("sweep shop.yaml -q -n 1 --vary hpa.max=4,6 --out out")
        .refused(&["found axes hpa.max, traffic.scale, expected hpa.max"]);
    assert_eq!(folder.text("out/study.jsonl"), before);
    sweep(&folder, "--out out -n 1 --seed 2 --fresh").ok();
    assert_ne!(folder.text("out/study.jsonl"), before);
    fs::write(folder.path().join("out/study.jsonl"), "{}\n").expect("written");
    sweep(&folder, "--out out").refused(&["study.jsonl:1: this is not the head of a study", "--fresh"]);
}

#[test]
fn parts_that_do_not_add_up_are_not_merged() {
    let folder = folder();
    let shard = |more: &str| sweep(&folder, more).ok().to_owned();
    shard("--out a --shard 1/2 -n 1");
    folder.run("sweep merge a").refused(&["shard 2/2 is missing", "run what is missing"]);
    shard("--out b --shard 2/2 -n 1 --seed 2");
    let merge = "sweep merge a/shard-1-of-2.jsonl b/shard-2-of-2.jsonl --out m";
    folder
        .run(merge)
        .refused(&["b/shard-2-of-2.jsonl is of another study: found seed 2, expected 1", "parts of one plan"]);
    shard("--out b --shard 2/2 -n 1 --fresh");
    let path = folder.path().join("b/shard-2-of-2.jsonl");
    let whole = fs::read_to_string(&path).expect("a shard");
    fs::write(&path, &whole[..whole.len() - 20]).expect("written");
    folder.run(merge).refused(&["b/shard-2-of-2.jsonl is not whole: it has 5 of 6 points"]);
    fs::write(&path, whole.replacen("\"mean\":", "\"maen\":", 1)).expect("written");
    folder.run(merge).refused(&["b/shard-2-of-2.jsonl:2: this is not a point"]);
    assert!(!folder.has("m/study.jsonl"));
    folder.run("sweep merge nowhere.jsonl").refused(&["nowhere.jsonl: No such file"]);
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    folder.run("sweep merge empty").refused(&["empty holds no file of a shard"]);
}
