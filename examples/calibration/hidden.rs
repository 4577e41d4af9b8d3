//! What a past is made from, and what is hidden of it.

use foresail::rng::{Seed, Stream};
use foresail::scenario::Setting;

/// The truth about one service.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) cpu_ms: f64,
    pub(crate) idle_milli: f64,
    pub(crate) wait_ms: f64,
    pub(crate) scv: f64,
    pub(crate) concurrency: Option<u32>,
    pub(crate) memory_mi: f64,
    pub(crate) memory_per_request_ki: f64,
    pub(crate) warm_up_s: f64,
}

/// The truth about one past.
#[derive(Clone, Debug)]
pub(crate) struct Hidden {
    pub(crate) number: u64,
    pub(crate) services: [(&'static str, Service); 2],
    pub(crate) boot_s: f64,
    pub(crate) swing: f64,
    /// A deploy of `api` on the first day, after which a request costs so many times as much.
    pub(crate) deploy: Option<f64>,
    /// Metrics that nobody recorded.
    pub(crate) lacks: Lack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    Nothing,
    LatencyOfApi,
    Memory,
    Starts,
    Routes,
}

impl Hidden {
    pub(crate) fn of(number: u64) -> Hidden {
        let mut chance = Seed::new(20_261_129, number as u32).stream("hidden", 0);
        let services = ["web", "api"].map(|name| (name, service(&mut chance)));
        let between = |chance: &mut Stream, low: f64, high: f64| low + (high - low) * chance.uniform();
        let lacks = [Lack::Nothing, Lack::LatencyOfApi, Lack::Nothing, Lack::Memory, Lack::Starts, Lack::Routes];
        Hidden {
            number,
            services,
            boot_s: between(&mut chance, 35.0, 120.0),
            swing: between(&mut chance, 0.3, 0.75),
            deploy: (number % 3 == 1).then(|| between(&mut chance, 1.15, 1.6)),
            lacks: lacks[number as usize % lacks.len()],
        }
    }

    /// As settings of the scenario of guesses.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        let mut all = vec![
            format!("nodeGroups.pool.bootTime={:.1}s", self.boot_s),
            format!("traffic.patterns.0.diurnal.swing={:.3}", self.swing),
            format!("seed={}", self.number + 1),
            "latency=exact".to_owned(),
            "step=60s".to_owned(),
        ];
        for (name, service) in &self.services {
            let mut set = |field: &str, value: String| all.push(format!("services.{name}.{field}={value}"));
            set("cpuPerRequest", format!("{:.4}ms", service.cpu_ms));
            set("idleCpu", format!("{:.0}m", service.idle_milli));
            set("waitPerRequest", format!("{:.4}ms", service.wait_ms));
            set("scv", format!("{:.4}", service.scv));
            set("concurrency", service.concurrency.map_or("null".to_owned(), |threads| threads.to_string()));
            set("warmUp", format!("{:.1}s", service.warm_up_s));
        }
        if let Some(factor) = self.deploy {
            all.push(format!("deploys.+={{at: 14h, deployment: api, cpuFactor: {factor:.4}}}"));
        }
        all.iter().map(|set| Setting::parse(set).unwrap_or_else(|issue| panic!("{issue}"))).collect()
    }

    /// The truth about a parameter by its path, in its unit; after the deploy, if there was one. None where nothing is hidden.
    pub(crate) fn truth(&self, path: &[String]) -> Option<f64> {
        let [section, name, field] = path else { return None };
        if section == "nodeGroups" {
            return (field == "bootTime").then_some(self.boot_s);
        }
        let (_, service) = self.services.iter().find(|(own, _)| own == name)?;
        let factor = self.deploy.filter(|_| name == "api").unwrap_or(1.0);
        match field.as_str() {
            "cpuPerRequest" => Some(service.cpu_ms * factor / 1e3),
            "idleCpu" => Some(service.idle_milli.round()),
            "waitPerRequest" => Some(service.wait_ms / 1e3),
            "scv" => Some(service.scv),
            "concurrency" => Some(service.concurrency.map_or(f64::INFINITY, f64::from)),
            "memory" => Some(service.memory_mi * 1_048_576.0),
            "memoryPerRequest" => Some(service.memory_per_request_ki * 1024.0),
            "warmUp" => Some(service.warm_up_s),
            _ => None,
        }
    }
}

fn service(chance: &mut Stream) -> Service {
    let mut between = |low: f64, high: f64| low + (high - low) * chance.uniform();
    let cpu_ms = between(18.0, 60.0);
    let threads = [None, Some(4), Some(8), Some(16), Some(32)];
    Service {
        cpu_ms,
        idle_milli: between(5.0, 60.0),
        wait_ms: cpu_ms * between(0.0, 2.5),
        scv: libm::exp(between(-1.2, 1.4)),
        memory_mi: between(80.0, 300.0),
        memory_per_request_ki: between(500.0, 4000.0),
        warm_up_s: between(4.0, 40.0),
        concurrency: threads[(between(0.0, 4.999)) as usize],
    }
}
