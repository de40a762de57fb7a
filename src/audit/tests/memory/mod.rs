//! A disk in memory whose faults are chosen by the test: it forgets what was not synced, and fails when told to.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Cursor};
use std::sync::{Arc, Mutex};

use audit::{Disk, DiskFile};

/// What the verifier reads from.
pub type Reader = BufReader<Cursor<Vec<u8>>>;

#[derive(Debug, Default, Clone)]
struct Content {
    written: Vec<u8>,
    synced: Vec<u8>,
    /// Whether the folder was synced since the file was made.
    named: bool,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, Content>,
    operations: u64,
    /// Which operations fail, and how.
    fails: Option<(u64, Fault)>,
    free: u64,
    /// Bytes that may still be written; none means no limit.
    room: Option<u64>,
    syncs: u64,
}

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// With an error, having done nothing.
    Nothing,
    /// With an error, having done half of it.
    Half,
    /// With an error, though it was all done.
    Done,
    /// And so does everything after it.
    Forever,
}

#[derive(Debug, Clone)]
pub struct Memory(Arc<Mutex<State>>);

impl Memory {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            free: u64::MAX,
            ..State::default()
        })))
    }

    pub fn failing(at: u64, fault: Fault) -> Self {
        let memory = Self::new();
        memory.0.lock().unwrap().fails = Some((at, fault));
        memory
    }

    pub fn operations(&self) -> u64 {
        self.0.lock().unwrap().operations
    }

    pub fn syncs(&self) -> u64 {
        self.0.lock().unwrap().syncs
    }

    pub fn set_free(&self, free: u64) {
        self.0.lock().unwrap().free = free;
    }

    pub fn set_room(&self, room: Option<u64>) {
        self.0.lock().unwrap().room = room;
    }

    /// The machine loses power: of what was not synced, `kept` bytes happen to be there all the same.
    pub fn after_power_cut(&self, kept: usize) -> Self {
        let state = self.0.lock().unwrap();
        let files = state
            .files
            .iter()
            .filter(|(_, content)| content.named || kept > 0)
            .map(|(name, content)| {
                let mut bytes = content.synced.clone();
                if content.written.starts_with(&bytes) {
                    bytes.extend(content.written[bytes.len()..].iter().take(kept));
                }
                (
                    name.clone(),
                    Content {
                        written: bytes.clone(),
                        synced: bytes,
                        named: true,
                    },
                )
            })
            .collect();
        let fresh = Self::new();
        fresh.0.lock().unwrap().files = files;
        fresh
    }

    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.0.lock().unwrap();
        state
            .files
            .iter()
            .map(|(name, content)| (name.clone(), content.written.clone()))
            .collect()
    }

    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let content = Content {
            written: bytes.clone(),
            synced: bytes,
            named: true,
        };
        self.0.lock().unwrap().files.insert(name.to_owned(), content);
    }

    pub fn remove(&self, name: &str) {
        self.0.lock().unwrap().files.remove(name);
    }

    /// The log's files, as the verifier takes them.
    pub fn log_files(&self) -> Vec<(u32, io::Result<Reader>)> {
        self.files()
            .into_iter()
            .filter_map(|(name, bytes)| {
                let number = name
                    .strip_prefix("audit-")?
                    .strip_suffix(".jsonl")?
                    .parse()
                    .ok()?;
                Some((number, Ok(BufReader::new(Cursor::new(bytes)))))
            })
            .collect()
    }
}

impl State {
    /// Counts an operation; says how it is to fail.
    fn operation(&mut self) -> Option<Fault> {
        self.operations += 1;
        let (at, fault) = self.fails?;
        let hit = self.operations == at || (fault == Fault::Forever && self.operations > at);
        hit.then_some(fault)
    }
}

fn broken() -> io::Error {
    io::Error::other("rehearsed fault")
}

impl Disk for Memory {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().unwrap().files.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let state = self.0.lock().unwrap();
        state
            .files
            .get(name)
            .map(|content| content.written.clone())
            .ok_or_else(broken)
    }

    fn open(&self, name: &str, new: bool) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.0.lock().unwrap();
        if matches!(
            state.operation(),
            Some(Fault::Nothing | Fault::Half | Fault::Forever)
        ) {
            return Err(broken());
        }
        if new {
            state.files.entry(name.to_owned()).or_default();
        } else if !state.files.contains_key(name) {
            return Err(broken());
        }
        Ok(Box::new(Open {
            disk: self.clone(),
            name: name.to_owned(),
        }))
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        let fault = state.operation();
        if matches!(fault, None | Some(Fault::Done)) {
            for content in state.files.values_mut() {
                content.named = true;
            }
        }
        if fault.is_some() { Err(broken()) } else { Ok(()) }
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().free)
    }
}

struct Open {
    disk: Memory,
    name: String,
}

impl DiskFile for Open {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.0.lock().unwrap();
        let fault = state.operation();
        let fits = state.room.map_or(bytes.len(), |room| {
            bytes.len().min(usize::try_from(room).unwrap())
        });
        let written = match fault {
            Some(Fault::Nothing | Fault::Forever) => 0,
            Some(Fault::Half) => fits / 2,
            Some(Fault::Done) | None => fits,
        };
        if let Some(room) = &mut state.room {
            *room -= u64::try_from(written).unwrap();
        }
        state
            .files
            .get_mut(&self.name)
            .unwrap()
            .written
            .extend(&bytes[..written]);
        match fault {
            Some(_) => Err(broken()),
            None if fits < bytes.len() => Err(io::ErrorKind::StorageFull.into()),
            None => Ok(()),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.0.lock().unwrap();
        let fault = state.operation();
        let content = state.files.get_mut(&self.name).unwrap();
        match fault {
            None | Some(Fault::Done) => content.synced = content.written.clone(),
            Some(Fault::Half) => {
                let half =
                    content.synced.len() + content.written.len().saturating_sub(content.synced.len()) / 2;
                content.synced = content.written[..half.min(content.written.len())].to_vec();
            }
            Some(Fault::Nothing | Fault::Forever) => {}
        }
        state.syncs += 1;
        if fault.is_some() { Err(broken()) } else { Ok(()) }
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.disk.0.lock().unwrap();
        if matches!(
            state.operation(),
            Some(Fault::Nothing | Fault::Half | Fault::Forever)
        ) {
            return Err(broken());
        }
        let length = usize::try_from(length).unwrap();
        let room = &mut state.files.get_mut(&self.name).unwrap().written;
        room.truncate(length);
        Ok(())
    }
}
