//! Dumps that are large, old, cut off, or full of secrets.

use crate::program::Folder;
use std::fmt::Write as _;

const SCENARIO: &str = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: dump\nmanifests: [dump.json]\nduration: 10m\n\
    nodeGroups: {pool: {instanceTypes: [m5.large], minSize: 1, maxSize: 2}}\nautoscaler: {enabled: true}\n";
const RUN: &str = "run s.yaml -n 1 -q --no-recommend --details";

fn deployment(name: &str) -> serde_json::Value {
    serde_json::json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "web", "image": "web", "env": [{"name": "TOKEN", "value": "hunter2token"}],
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]}}}})
}

fn list(items: &[serde_json::Value]) -> String {
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

#[test]
fn more_than_64_mib_are_read_an_object_at_a_time() {
    let mut text = String::from("{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n");
    // Pods that a ReplicaSet makes anew, as most of a real dump is.
    let padding = "x".repeat(3000);
    for number in 0..22_000 {
        let _ = writeln!(
            text,
            "{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"p{number}\", \"namespace\": \"shop\", \
             \"annotations\": {{\"note\": \"{padding}\"}}, \"ownerReferences\": [{{\"apiVersion\": \"apps/v1\", \"kind\": \"ReplicaSet\", \
             \"name\": \"web\", \"uid\": \"1\", \"controller\": true}}]}}, \"spec\": {{\"containers\": [{{\"name\": \"web\", \"image\": \"web\"}}]}}}},"
        );
    }
    let _ = write!(text, "{}\n]}}", deployment("web"));
    assert!(text.len() > 64 * 1024 * 1024);
    let folder = Folder::new().file("s.yaml", SCENARIO).file("dump.json", &text);
    let done = folder.run(RUN);
    assert!(
        done.ok().contains("objects that their controllers make anew were left aside: 22000 Pod"),
        "{}",
        done.stdout
    );
}

#[test]
fn a_dump_that_is_cut_off_says_where_and_how_much_there_was() {
    let whole =
        list(&[deployment("a"), deployment("b"), deployment("c")]).replace(",{\"apiVersion\"", ",\n{\"apiVersion\"");
    let cut = &whole[..whole.len() - 200];
    let folder = Folder::new().file("s.yaml", SCENARIO).file("dump.json", cut);
    folder.run(RUN).refused(&["dump.json:3", "the file is cut off", "2 objects before it are whole"]);
    folder.run("scrub dump.json").refused(&["the file is cut off"]);
}

/// As `kubectl get -o yaml` prints a list: keys in the order of the alphabet, so that its kind comes last.
fn as_kubectl_prints(names: &[&str]) -> String {
    let mut text = String::from("apiVersion: v1\nitems:\n");
    for name in names {
        let _ = write!(
            text,
            "- apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: {name}\n  spec:\n    selector:\n      matchLabels:\n        \
             app: {name}\n    template:\n      metadata:\n        labels:\n          app: {name}\n      spec:\n        containers:\n        \
             - image: \"a\"\n          name: web\n"
        );
    }
    text + "kind: List\nmetadata:\n  resourceVersion: \"\"\n"
}

#[test]
fn a_list_of_kubectl_that_is_cut_off_anywhere_is_told_as_that() {
    let text = as_kubectl_prints(&["a", "b", "c"]);
    let third = text.rfind("- apiVersion").expect("an object");
    for at in (third + 20..text.find("kind: List").expect("the end")).step_by(17) {
        let folder = Folder::new().file("dump.yaml", &text[..at]);
        folder.run("init --from dump.yaml --out shop").refused(&[
            "dump.yaml",
            "the file is cut off",
            "2 objects before",
        ]);
        assert!(!folder.path().join("shop").exists(), "nothing is half written");
    }
    Folder::new().file("dump.yaml", &text).run("init --from dump.yaml --out shop").ok();
}

#[test]
fn dumps_are_read_however_a_shell_redirects_them() {
    let text = as_kubectl_prints(&["a", "b"]);
    let json = list(&[deployment("a"), deployment("b")]);
    let wide = |text: &str| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let marked = |text: &str| format!("\u{feff}{text}").into_bytes();
    for (name, bytes) in [
        ("dump.yaml", wide(&text)),
        ("dump.yaml", marked(&text.replace('\n', "\r\n"))),
        ("dump.json", wide(&json)),
        ("dump.json", marked(&json)),
    ] {
        let folder = Folder::new();
        std::fs::write(folder.path().join(name), bytes).expect("written");
        folder.run(&format!("init --from {name} --out shop")).ok();
    }
}

#[test]
fn what_a_command_printed_in_place_of_a_dump_is_quoted() {
    let refused = |text: &str, parts: &[&str]| {
        Folder::new().file("dump.yaml", text).run("init --from dump.yaml --out shop").refused(parts);
    };
    refused(
        "error: You must be logged in to the server (Unauthorized)\n",
        &["found `error: You must be", "kubectl get"],
    );
    refused("NAME      READY   STATUS\nweb-abc   1/1     Running\n", &["found `NAME      READY", "kubectl get"]);
    refused("apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: {{ .Values.n }}\n", &["helm template"]);
}

#[test]
fn secrets_are_in_no_output() {
    let secret = serde_json::json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": "shop",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"key\":\"c2VjcmV0c2VjcmV0\"}}"}},
        "data": {"key": "c2VjcmV0c2VjcmV0"}, "stringData": {"plain": "opensesame"}});
    let mut web = deployment("web");
    web["metadata"]["annotations"] = secret["metadata"]["annotations"].clone();
    let folder = Folder::new().file("s.yaml", SCENARIO).file("dump.json", list(&[web, secret]));
    let done = folder.run(RUN);
    let mut texts = vec![done.ok().to_owned(), done.stderr.clone()];
    for entry in std::fs::read_dir(folder.path().join("reports/dump")).expect("a report") {
        let bytes = std::fs::read(entry.expect("readable").path()).expect("readable");
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    assert!(texts.len() > 5);
    for word in ["c2VjcmV0c2VjcmV0", "opensesame", "hunter2token"] {
        assert!(texts.iter().all(|text| !text.contains(word)), "`{word}` is in an output");
    }
}

#[test]
fn another_version_is_named() {
    let mut old = deployment("web");
    old["apiVersion"] = "extensions/v1beta1".into();
    let folder = Folder::new().file("s.yaml", SCENARIO).file("dump.json", list(&[old]));
    let done = folder.run(RUN);
    assert!(
        done.ok().contains("`extensions/v1beta1` is gone since Kubernetes 1.16: read as `apps/v1`"),
        "{}",
        done.stdout
    );
    let mut newer = deployment("web");
    newer["apiVersion"] = "apps/v9".into();
    let folder = Folder::new().file("s.yaml", SCENARIO).file("dump.json", list(&[newer]));
    folder.run(RUN).refused(&["dump.json", "apiVersion", "apps/v9", "apps/v1"]);
}
