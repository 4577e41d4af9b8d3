//! Short words with a grammar of their own: amounts, spans, settings, axes, versions. Each line is one.

use super::text;
use foresail::calibrate::HoldBack;
use foresail::release::KubernetesVersion;
use foresail::report::sweep::FrontOf;
use foresail::scenario::Setting;
use foresail::scenario::metrics::MetricsFile;
use foresail::study::sweep::Values;
use foresail::units::{Quantity, SimDuration};

/// What each reader makes of each line.
pub(super) fn words(data: &[u8]) {
    for line in text(data).lines() {
        if let Ok(span) = SimDuration::parse(line) {
            let shown = span.to_string();
            assert!(SimDuration::parse(&shown).is_ok(), "{line} is shown as {shown}, which is none");
        }
        if let Ok(quantity) = line.parse::<Quantity>() {
            let _ = (quantity.value(), quantity.milli_value());
        }
        let _ = KubernetesVersion::parse(line);
        let _ = Setting::parse(line).map_err(|issue| assert!(!issue.message.is_empty()));
        let _ = Values::parse(line).map_err(|why| assert!(!why.is_empty()));
        let _ = FrontOf::parse(line);
        let _ = HoldBack::parse(line);
        let _ = MetricsFile::parse(line);
    }
}
