//! The CPU that a process has used.

/// Seconds of CPU.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProcessorTime {
    /// By the scheduler's count, in nanoseconds (`/proc/PID/task/*/schedstat`). Of a thread that runs, all but what it has
    /// used since the last tick of the clock; a thread that ends takes its count along, which the servers' do not.
    pub(crate) all: f64,
    /// In the program and in the kernel, by what ran at each tick of the clock (`/proc/PID/stat`, hundredths of a second).
    user: f64,
    kernel: f64,
}

impl ProcessorTime {
    pub(crate) fn of(pid: u32) -> Self {
        let all = std::fs::read_dir(format!("/proc/{pid}/task"))
            .unwrap()
            .map(|thread| std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap())
            .map(|counts| counts.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9)
            .sum();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        let ticks = |at: usize| fields[at].parse::<f64>().unwrap() / 100.0;
        Self {
            all,
            user: ticks(11),
            kernel: ticks(12),
        }
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            all: self.all - before.all,
            user: self.user - before.user,
            kernel: self.kernel - before.kernel,
        }
    }

    /// What part of it was spent in the kernel.
    pub(crate) fn kernel_share(self) -> f64 {
        self.kernel / (self.user + self.kernel)
    }
}

impl std::iter::Sum for ProcessorTime {
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
