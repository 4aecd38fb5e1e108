//! What the process uses, under the names that Prometheus' client libraries agreed on.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Reads them when they are asked for; where the system does not tell, there are none.
#[derive(Debug)]
pub struct ProcessUse;

/// What is told.
struct Usage {
    cpu_seconds: f64,
    resident_bytes: i64,
    open_files: i64,
    /// Since 1970.
    started_seconds: f64,
}

impl Collector for ProcessUse {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(usage) = Usage::now() else { return Ok(()) };
        let cpu = ConstCounter::new(usage.cpu_seconds);
        let about = "Processor time of the process in seconds";
        cpu.encode(encoder.encode_descriptor("process_cpu_seconds", about, None, cpu.metric_type())?)?;
        for (name, about, value) in [
            ("process_resident_memory_bytes", "Memory of the process that is resident", usage.resident_bytes),
            ("process_open_fds", "Files and connections that are open", usage.open_files),
        ] {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, about, None, gauge.metric_type())?)?;
        }
        let started = ConstGauge::new(usage.started_seconds);
        let about = "When the process began, in seconds since 1970";
        started.encode(encoder.encode_descriptor("process_start_time_seconds", about, None, started.metric_type())?)
    }
}

#[cfg(target_os = "linux")]
impl Usage {
    /// As /proc tells it (proc(5)).
    fn now() -> Option<Self> {
        /// Ticks in a second, which the kernel keeps at 100 for whoever reads /proc.
        const TICKS: f64 = 100.0;
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{file}")).ok();
        let stat = read("self/stat")?;
        // The name, in brackets, may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
        let booted = read("stat")?.lines().find_map(|line| line.strip_prefix("btime ")?.parse::<f64>().ok())?;
        let status = read("self/status")?;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<i64>().ok())?;
        Some(Self {
            cpu_seconds: (ticks(11)? + ticks(12)?) / TICKS,
            resident_bytes: resident * 1024,
            open_files: i64::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).unwrap_or(i64::MAX),
            started_seconds: booted + ticks(19)? / TICKS,
        })
    }
}

#[cfg(not(target_os = "linux"))]
impl Usage {
    fn now() -> Option<Self> {
        None
    }
}
