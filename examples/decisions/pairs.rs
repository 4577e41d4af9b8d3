//! Times of training and of test.

use std::path::Path;

/// A cluster: its file, and what a trace has to be multiplied by to fit it.
pub(crate) struct Platform {
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    rate: f64,
    /// It has zones to lose.
    is_zonal: bool,
}

pub(crate) const REFERENCE: Platform =
    Platform { name: "reference", file: "scenarios/ecommerce/scenario.yaml", rate: 110.0, is_zonal: true };
const SHOP: Platform = Platform { name: "shop", file: "docs/compare/shop.yaml", rate: 100.0, is_zonal: false };

/// A trace: its file and column, its mean in requests per second as the file has it, and the days on which training begins, the test begins and
/// the test ends.
struct Trace {
    name: &'static str,
    file: &'static str,
    column: &'static str,
    mean: f64,
    days: [&'static str; 3],
}

const TRACES: [Trace; 4] = [
    Trace {
        name: "taxi",
        file: "nab_nyc_taxi_30min.csv",
        column: "2",
        mean: 15_137.0,
        days: ["2014-09-01", "2014-09-08", "2014-09-15"],
    },
    Trace {
        name: "worldcup",
        file: "worldcup98_0608_0621_1min.csv",
        column: "2",
        mean: 23_463.0,
        days: ["1998-06-08", "1998-06-15", "1998-06-22"],
    },
    Trace {
        name: "elb",
        file: "nab_elb_request_count_5min.csv",
        column: "2",
        mean: 61.8,
        days: ["2014-04-10", "2014-04-17", "2014-04-24"],
    },
    Trace {
        name: "nasa",
        file: "nasa_http_199507_5min.csv",
        column: "2",
        mean: 250.0,
        days: ["1995-07-03", "1995-07-10", "1995-07-17"],
    },
];

/// What is different in the test.
#[derive(Clone, Copy, PartialEq)]
enum Test {
    /// The same time with other luck.
    OtherLuck,
    /// Half as much again.
    MoreTraffic,
    /// An hour without a zone, at the fourth day's noon.
    ZoneLoss,
}

pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) platform: &'static Platform,
    pub(crate) train: Vec<String>,
    pub(crate) test: Vec<String>,
}

pub(crate) fn all(traces: Option<&Path>) -> Vec<Pair> {
    let mut found = Vec::new();
    for platform in [&REFERENCE, &SHOP] {
        let own = |test: Test, name: &str| {
            let zone = "faults=[{at: 84h, for: 1h, zoneOutage: us-east-1a}]".to_owned();
            let sets = match test {
                Test::MoreTraffic => vec!["traffic.scale=1.5".to_owned()],
                Test::ZoneLoss => vec![zone],
                _ => Vec::new(),
            };
            let week = "duration=7d".to_owned();
            let test = [vec![week.clone()], sets].concat();
            Pair { name: format!("{}: {name}", platform.name), platform, train: vec![week], test }
        };
        found.push(own(Test::OtherLuck, "own week, other luck"));
        found.push(own(Test::MoreTraffic, "own week, test x1.5"));
        if platform.is_zonal {
            found.push(own(Test::ZoneLoss, "own week, zone loss"));
        }
        for trace in traces.iter().flat_map(|folder| TRACES.iter().map(move |trace| (folder, trace))) {
            found.extend(of_trace(platform, trace.0, trace.1));
        }
    }
    found
}

fn of_trace(platform: &'static Platform, folder: &Path, trace: &Trace) -> Option<Pair> {
    let file = folder.join(trace.file);
    let Ok(file) = file.canonicalize() else {
        eprintln!("skipped: {} (no {})", trace.name, file.display());
        return None;
    };
    let [train, test, end] = trace.days;
    let part = |from: &str, to: &str| {
        let scale = platform.rate / trace.mean;
        let window = format!("from: {from}, to: {to}");
        let row = format!("file: {}, column: {}, unit: rps, scale: {scale}, {window}", file.display(), trace.column);
        vec![format!("traffic.patterns=[{{trace: {{{row}}}}}]"), "duration=7d".to_owned()]
    };
    Some(Pair {
        name: format!("{}: {}, next week", platform.name, trace.name),
        platform,
        train: part(train, test),
        test: part(test, end),
    })
}
