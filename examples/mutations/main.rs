//! Mutated inputs through the command line: what panics, hangs, eats memory, prints NaN, or fails without a message.
//!
//! Each folder of `tests/mutations` has files and commands (`cmd`, one a line). An input is one of them with one to four changes, drawn from
//! the seed and the input's number alone: the same numbers are the same inputs. What is wrong is printed once a kind, and kept with its files.
//!
//!     cargo build --locked && cargo run --locked --example mutations -- [--program FILE] [--doors DIR] [--only DOOR] [--count N]
//!         [--from N] [--seed N] [--seconds N] [--kib N] [--threads N] [--keep DIR]

mod judge;
mod mutate;

use judge::Bounds;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder of inputs that belong together.
struct Door {
    name: String,
    commands: Vec<Vec<String>>,
    files: Vec<(String, Vec<u8>)>,
}

struct Asked {
    program: PathBuf,
    doors: PathBuf,
    only: Option<String>,
    from: u64,
    count: u64,
    seed: u64,
    threads: u64,
    bounds: Bounds,
    keep: PathBuf,
}

fn asked() -> Asked {
    let mut asked = Asked {
        program: "target/debug/foresail".into(),
        doors: "tests/mutations".into(),
        only: None,
        from: 0,
        count: 1000,
        seed: 1,
        threads: 2,
        bounds: Bounds { seconds: 30, kib: 6_000_000 },
        keep: "target/mutations".into(),
    };
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let value = args.next().unwrap_or_else(|| panic!("{flag} needs a value"));
        let number = || value.parse::<u64>().unwrap_or_else(|error| panic!("{flag}: {error}"));
        match flag.as_str() {
            "--program" => asked.program = value.into(),
            "--doors" => asked.doors = value.into(),
            "--only" => asked.only = Some(value),
            "--from" => asked.from = number(),
            "--count" => asked.count = number(),
            "--seed" => asked.seed = number(),
            "--threads" => asked.threads = number(),
            "--seconds" => asked.bounds.seconds = number(),
            "--kib" => asked.bounds.kib = number(),
            "--keep" => asked.keep = value.into(),
            _ => panic!("unknown option {flag}"),
        }
    }
    asked.program = asked.program.canonicalize().expect("the program; build it first, or name it with --program");
    asked
}

/// The words of a line; those with spaces stand in quotes.
fn split(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

fn doors(asked: &Asked) -> Vec<Door> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&asked.doors).expect("doors").flatten().map(|row| row.path()).collect();
    folders.sort();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let wanted = folders.into_iter().filter(|path| path.is_dir());
    let wanted = wanted.filter(|path| asked.only.as_ref().is_none_or(|only| name(path) == *only));
    let door = |path: PathBuf| {
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        read(&path, "", &mut files);
        let commands = fs::read_to_string(path.join("cmd")).expect("cmd");
        Door { name: name(&path), commands: commands.lines().map(split).collect(), files }
    };
    wanted.map(door).collect()
}

fn read(root: &Path, below: &str, files: &mut Vec<(String, Vec<u8>)>) {
    let mut rows: Vec<PathBuf> =
        fs::read_dir(root.join(below)).expect("a folder").flatten().map(|row| row.path()).collect();
    rows.sort();
    for path in rows {
        let name = format!("{below}{}", path.file_name().expect("a name").to_string_lossy());
        match path.is_dir() {
            true => read(root, &format!("{name}/"), files),
            false if name == "cmd" => {}
            false => files.push((name, fs::read(&path).expect("a file"))),
        }
    }
}

/// Input number `number` in its folder, and what is wrong with what the program makes of it.
fn attempt(asked: &Asked, doors: &[Door], number: u64, folder: &Path) -> Option<(String, String)> {
    let mut rng = Pcg64::seed_from_u64(asked.seed.wrapping_mul(1_000_003).wrapping_add(number));
    let door = &doors[(number % doors.len() as u64) as usize];
    let mut words = door.commands.choose(&mut rng)?.clone();
    let mut files = door.files.clone();
    for _ in 0..rng.random_range(1..5) {
        if files.is_empty() || rng.random_range(0..8) == 0 {
            mutate::words(&mut words, &mut rng);
        } else {
            let at = rng.random_range(0..files.len());
            files[at].1 = mutate::mutated(&files[at].1, &mut rng);
        }
    }
    let _ = fs::remove_dir_all(folder);
    for (name, text) in &files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent()?).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    fs::create_dir_all(folder).expect("a folder");
    let line = words.iter().map(|word| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() });
    let line = line.collect::<Vec<_>>().join(" ");
    let fault = judge::fault(&asked.program, &words, folder, asked.bounds)?;
    fs::write(folder.join("cmd"), &line).expect("a file");
    Some((fault, format!("{} {number}: {line}", door.name)))
}

fn main() {
    let asked = asked();
    let doors = doors(&asked);
    let (next, found) = (AtomicU64::new(asked.from), Mutex::new(BTreeMap::<String, u64>::new()));
    let end = asked.from + asked.count;
    let scratch = std::env::temp_dir().join(format!("foresail-mutations-{}", std::process::id()));
    std::thread::scope(|scope| {
        for thread in 0..asked.threads {
            let (asked, doors, next, found) = (&asked, &doors, &next, &found);
            let folder = scratch.join(thread.to_string());
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        break;
                    }
                    let Some((fault, line)) = attempt(asked, doors, number, &folder) else { continue };
                    let mut found = found.lock().expect("no thread panics");
                    let times = found.entry(fault.clone()).or_default();
                    *times += 1;
                    if *times <= 3 {
                        println!("{fault}\n    {line}");
                        let kept = asked.keep.join(format!("{}-{number}", asked.seed));
                        fs::create_dir_all(&asked.keep).expect("a folder");
                        let _ = fs::remove_dir_all(&kept);
                        let copied = std::process::Command::new("cp").arg("-r").args([&folder, &kept]).status();
                        assert!(copied.is_ok_and(|status| status.success()), "cannot keep {}", kept.display());
                    }
                }
            });
        }
    });
    let _ = fs::remove_dir_all(&scratch);
    let found = found.into_inner().expect("no thread panics");
    println!("{} inputs of {} doors, seed {}: {} kinds of faults", asked.count, doors.len(), asked.seed, found.len());
    found.iter().for_each(|(fault, times)| println!("{times:6} {fault}"));
    if !found.is_empty() {
        std::process::exit(1);
    }
}
