//! The CPU that a process has used.

use std::collections::HashMap;

/// Seconds of CPU.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProcessorTime {
    /// By thread and by the scheduler's count, to the nanosecond (`/proc/PID/task/*/schedstat`). Of a thread that runs, all
    /// but what it has used since the last tick of the clock.
    threads: HashMap<String, f64>,
    /// In the program and in the kernel, by what ran at each tick of the clock (`/proc/PID/stat`, hundredths of a second).
    user: f64,
    kernel: f64,
}

/// What a process has used between two looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    /// Seconds. What a thread used that ended meanwhile is lost.
    pub(crate) all: f64,
    user: f64,
    kernel: f64,
}

impl ProcessorTime {
    pub(crate) fn of(pid: u32) -> Self {
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        let count = |path: &std::path::Path| -> Option<f64> {
            // A thread may end while it is looked at.
            let counts = std::fs::read_to_string(path.join("schedstat")).ok()?;
            Some(counts.split(' ').next()?.parse::<f64>().ok()? / 1e9)
        };
        let threads = threads
            .filter_map(|thread| {
                let thread = thread.ok()?;
                let name = thread.file_name().into_string().ok()?;
                Some((name, count(&thread.path())?))
            })
            .collect();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        let ticks = |at: usize| fields[at].parse::<f64>().unwrap() / 100.0;
        Self {
            threads,
            user: ticks(11),
            kernel: ticks(12),
        }
    }

    pub(crate) fn since(&self, before: &Self) -> Used {
        let used = |(name, now): (&String, &f64)| now - before.threads.get(name).copied().unwrap_or(0.0);
        Used {
            all: self.threads.iter().map(used).sum(),
            user: self.user - before.user,
            kernel: self.kernel - before.kernel,
        }
    }
}

impl Used {
    /// What part of it was spent in the kernel.
    pub(crate) fn kernel_share(self) -> f64 {
        self.kernel / (self.user + self.kernel)
    }
}

impl std::iter::Sum for Used {
    fn sum<I: Iterator<Item = Self>>(times: I) -> Self {
        let none = Self {
            all: 0.0,
            user: 0.0,
            kernel: 0.0,
        };
        times.fold(none, |sum, one| Self {
            all: sum.all + one.all,
            user: sum.user + one.user,
            kernel: sum.kernel + one.kernel,
        })
    }
}
