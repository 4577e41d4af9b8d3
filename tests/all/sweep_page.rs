//! What a sweep's points say together: the front, the effects, the page.

use crate::sweep::{folder, sweep};

#[test]
fn a_sweep_writes_its_page_and_tells_the_front() {
    let folder = folder();
    let text = sweep(&folder, "--out out").ok().to_owned();
    for part in ["lead", "cost per month", "depends most on", "objectives", "Report  out/index.html"] {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let page = folder.text("out/index.html");
    for part in ["<h1>shop, swept</h1>", "hpa.max by traffic.scale", "What each axis does by itself"] {
        assert!(page.contains(part), "{part}");
    }
    // The same command again simulates nothing, and a page is like the other.
    sweep(&folder, "--out out --jobs 1").ok();
    assert_eq!(folder.text("out/index.html"), page);
}

#[test]
fn the_command_of_a_point_gives_the_figures_of_the_point() {
    let folder = folder();
    sweep(&folder, "--out out").ok();
    let page = folder.text("out/index.html");
    let begin = page.find("<code>foresail run").expect("a command") + "<code>foresail ".len();
    let command = page[begin..].split("</code>").next().expect("its end").replace("&#x2f;", "/");
    assert!(command.contains("--set hpas.web.maxReplicas=") && command.contains("--set traffic.scale="), "{command}");
    let number = page.split("<h3>Point ").nth(1).and_then(|rest| rest.split('<').next()?.parse::<u64>().ok());
    let report = folder.run(&format!("{command} -q --no-recommend -o json --out point")).json();
    let point = folder.text("out/study.jsonl").lines().skip(1).find_map(|line| {
        let point: serde_json::Value = serde_json::from_str(line).expect("a point");
        (point["point"].as_u64() == number).then_some(point)
    });
    let headline = &report["headlines"][0];
    assert_eq!(headline["metric"], "costUsdPerMonth");
    assert_eq!(headline["value"]["values"], point.expect("the point")["figures"]["costUsdPerMonth"]["values"]);
}

#[test]
fn a_front_of_other_figures_is_a_flag() {
    let folder = folder();
    sweep(&folder, "--front costUsdPerMonth").refused(&["--front: found `costUsdPerMonth`, expected two figures"]);
    sweep(&folder, "--front costUsdPerMonth,latencyMsP9").refused(&["did you mean `latencyMsP95`"]);
    let key = "latencyMsP95{route:web}";
    sweep(&folder, &format!("--front errorRatio,{key}")).refused(&["does not keep", "--by route"]);
    assert!(!folder.has("reports"), "nothing is simulated before");
    sweep(&folder, &format!("--front errorRatio,{key} --by route --out out")).ok();
    let page = folder.text("out/index.html");
    assert!(page.contains("Failed requests against latency P95 of route web"), "{page}");
}
