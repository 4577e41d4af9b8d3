//! `foresail init`: a first scenario.

use super::Failure;
use super::files::{check_folder, unwritable, way_to};
use super::prometheus::PrometheusArgs;
use super::streams::{print, tell};
use foresail::init::{
    Drafted, Open, STARTER, STARTER_MANIFESTS, Wanted, commands, draft, draft_scrubbed, entries, table,
};
use foresail::recorded::from_past;
use foresail::scenario::issue::{Issue, Issues, Severity};
use foresail::scenario::kubernetes::scrub::scrub_files;
use foresail::scenario::{Inventory, Sources, inventory, load, schema};
use foresail::units::counted;
use std::path::{Path, PathBuf};

/// Writes `scenario.yaml`, with the schema that editors check it against. Without --from a starter that runs as it is; with it
/// one for that cluster: workloads, HPAs and nodes as they are, who calls whom by the pods' variables, and a list of
/// what was assumed, with the field that says it better.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Objects of a cluster: a dump (`kubectl get ... -o yaml`), files or folders of manifests (repeatable).
    #[arg(long, value_name = "FILE|DIR")]
    from: Vec<PathBuf>,
    /// Its Terraform: `*.tf` in a folder, or the output of `terraform show -json` (repeatable).
    #[arg(long, value_name = "FILE|DIR", requires = "from")]
    terraform: Vec<PathBuf>,
    /// eksctl's ClusterConfig (repeatable).
    #[arg(long, value_name = "FILE", requires = "from")]
    eksctl: Vec<PathBuf>,
    /// What `aws eks describe-nodegroup` or `gcloud container node-pools describe` print (repeatable).
    #[arg(long, value_name = "FILE", requires = "from")]
    describe: Vec<PathBuf>,
    /// Do not name the dump where it lies: write it to `manifests/cluster.json` as `foresail scrub` does, without names,
    /// images, environment and secrets.
    #[arg(long, requires = "from")]
    scrub: bool,
    #[command(flatten)]
    recording: PrometheusArgs,
    /// The cloud's region, where no node tells it.
    #[arg(long, requires = "from")]
    region: Option<String>,
    /// What the scenario is called; the name of the folder without this.
    #[arg(long)]
    name: Option<String>,
    /// The folder to write to; `-` prints the scenario.
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    out: PathBuf,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
    /// Print the commands that collect what there is to know: kubectl, the cloud's, Prometheus.
    #[arg(long, exclusive = true)]
    commands: bool,
}

const SCENARIO: &str = "scenario.yaml";
const TRAFFIC: &str = "traffic.csv";
const SCRUBBED: &str = "manifests/cluster.json";
const SCHEMA: &str = "scenario.schema.json";

/// Writes it, all files or none.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if args.commands {
        return print(&commands());
    }
    let to_stdout = args.out.as_os_str() == "-";
    let folder = if to_stdout { Path::new(".") } else { &args.out };
    let mut start = match args.from.is_empty() {
        true => starter(args, folder),
        false => of_cluster(args, folder)?,
    };
    if to_stdout {
        let drafted = start.drafted;
        print(&drafted.yaml)?;
        table(&drafted.assumed).iter().filter(|_| !drafted.assumed.is_empty()).for_each(tell);
        return Ok(());
    }
    refuse_to_replace(args, &start.files())?;
    check_folder("--out", folder)?;
    let caveats = start.settle(folder)?;
    let drafted = start.drafted;
    if !drafted.assumed.is_empty() {
        table(&drafted.assumed).iter().for_each(tell);
        tell("");
    }
    let path = folder.join(SCENARIO);
    let path = path.strip_prefix(".").unwrap_or(&path).display();
    let caveats = caveats.iter().filter(|issue| issue.severity == Severity::Warning).count();
    let more = if caveats == 0 { String::new() } else { format!(" ({})", counted(caveats, "caveat")) };
    tell(format!("{path} is written{more}; next: foresail run {path}"));
    Ok(())
}

/// A scenario, and what belongs to it.
struct Start {
    drafted: Drafted,
    /// Files beside it.
    beside: Vec<Beside>,
    /// What it is drafted from, where another round can say more.
    cluster: Option<(Inventory, Wanted)>,
}

/// So many times a scenario is drafted: each round learns what the reader of the last one missed.
const ROUNDS: usize = 8;

impl Start {
    /// The scenario first.
    fn files(&self) -> Vec<(&'static str, String)> {
        let own = [(SCENARIO, self.drafted.yaml.clone()), (SCHEMA, format!("{:#}\n", schema()))];
        own.into_iter().chain(self.beside.iter().cloned()).collect()
    }

    /// Writes all files, drafting again while the infrastructure leaves something open; what the reader finds doubtful.
    fn settle(&mut self, folder: &Path) -> Result<Issues, Failure> {
        for _ in 1..ROUNDS {
            let files = self.files();
            let mut learn =
                |issues: &Issues| self.cluster.as_mut().is_some_and(|(_, wanted)| wanted.open.learn(issues));
            if let Some(caveats) = write_all(folder, &files, &mut learn)? {
                return Ok(caveats);
            }
            if let Some((found, wanted)) = &self.cluster {
                self.drafted = draft(found, wanted);
            }
        }
        Ok(write_all(folder, &self.files(), &mut |_| false)?.unwrap_or_default())
    }
}

fn starter(args: &Args, folder: &Path) -> Start {
    let named = args.name.as_ref().map(|_| format!("name: {}\n", foresail::init::plain(&name(args, folder))));
    let yaml = named.map_or_else(|| STARTER.to_owned(), |line| STARTER.replace("name: shop\n", &line));
    Start {
        drafted: Drafted { yaml, assumed: Vec::new() },
        beside: vec![("manifests/shop.yaml", STARTER_MANIFESTS.to_owned())],
        cluster: None,
    }
}

/// A file's place beside the scenario, and its text.
type Beside = (&'static str, String);

/// With the files beside it: the recorded traffic as a CSV, if there is any, and the scrubbed objects where they are wanted.
fn of_cluster(args: &Args, folder: &Path) -> Result<Start, Failure> {
    let scrubbed = if args.scrub { Some(scrubbed(args, folder)?) } else { None };
    let found = inventory(&args.from).map_err(Failure::Input)?;
    if found.workloads.is_empty() {
        let issue = Issue::error("--from", "there is no Deployment, StatefulSet, DaemonSet or ReplicaSet");
        return Err(issue.with_help("`foresail init --commands` prints how to get a dump with them").into());
    }
    let mut doubts = Issues::new();
    let past = args.recording.read(&mut doubts)?;
    let known = past.map(|past| from_past(&past, &entries(&found), &mut doubts)).unwrap_or_default();
    doubts.iter().for_each(tell);
    let named = |paths: &[PathBuf]| paths.iter().map(|path| seen_from(folder, path)).collect();
    let wanted = Wanted {
        name: name(args, folder),
        manifests: if args.scrub { vec![SCRUBBED.to_owned()] } else { named(&args.from) },
        infrastructure: vec![
            ("terraform", named(&args.terraform)),
            ("eksctl", named(&args.eksctl)),
            ("describe", named(&args.describe)),
        ],
        open: Open::default(),
        region: args.region.clone(),
        recorded: known,
        traffic_file: TRAFFIC.to_owned(),
        is_scrubbed: args.scrub,
    };
    if let Some((clean, text)) = scrubbed {
        let message = "objects that are left out lead to workloads: the scrubbed dump is another cluster";
        let refused =
            || Issue::error("--scrub", message).with_help("`foresail scrub` writes it, for --from without --scrub");
        let drafted = draft_scrubbed(&found, clean, &wanted).ok_or_else(refused)?;
        return Ok(Start { drafted, beside: vec![(SCRUBBED, text)], cluster: None });
    }
    let traffic = Some(&wanted.recorded.traffic_csv).filter(|text| !text.is_empty());
    let beside = traffic.map(|text| (TRAFFIC, text.clone())).into_iter().collect();
    Ok(Start { drafted: draft(&found, &wanted), beside, cluster: Some((found, wanted)) })
}

/// What the dump holds when it is scrubbed, and its text.
fn scrubbed(args: &Args, folder: &Path) -> Result<(Inventory, String), Failure> {
    let mut issues = Issues::new();
    let mut refuse = |message: &str, help: &str| issues.push(Issue::error("--scrub", message).with_help(help));
    if args.recording.prometheus.is_some() {
        let message =
            "a recording has the cluster's own names, the scrubbed dump has pseudonyms: --prometheus is not for it";
        refuse(message, "leave one of the two out; without --scrub the scenario names the dump where it lies");
    }
    if [&args.terraform, &args.eksctl, &args.describe].iter().any(|paths| !paths.is_empty()) {
        let message = "--terraform, --eksctl and --describe hold the cluster's own names, and are not scrubbed";
        refuse(message, "leave them out: a dump with nodes tells the groups, or write them under nodeGroups");
    }
    if args.out.as_os_str() == "-" {
        refuse("the scrubbed dump is a file of its own, and cannot be printed", "--out names a folder");
    }
    if !issues.is_empty() {
        return Err(Failure::Input(issues));
    }
    let mut text = Vec::new();
    scrub_files(&args.from, &mut text).map_err(Failure::Input)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    check_folder("--out", folder)?;
    // Read from beside its place, and gone again: what is written is decided later.
    let mut drafts = Drafts::default();
    drafts.write(&folder.join(SCRUBBED), &text).map_err(|(path, error)| unwritable("--out", &path, &error))?;
    let clean = inventory(&[drafts.files[0].draft.clone()]).map_err(Failure::Input)?;
    Ok((clean, text))
}

/// As it was given, else as the folder is called; that may be the cluster's own name, which a scrubbed one does not have.
fn name(args: &Args, folder: &Path) -> String {
    let own = || {
        folder
            .canonicalize()
            .ok()
            .or_else(|| Some(folder.to_owned()))?
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    args.name.clone().or_else(|| if args.scrub { None } else { own() }).unwrap_or_else(|| "cluster".to_owned())
}

/// A path as a file in `folder` names it.
fn seen_from(folder: &Path, path: &Path) -> String {
    let absolute =
        |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    if path.is_absolute() {
        return path.to_string_lossy().into_owned();
    }
    let relative = way_to(&absolute(folder), &absolute(path));
    if relative.as_os_str().is_empty() { ".".to_owned() } else { relative.to_string_lossy().into_owned() }
}

/// Errors: files that are there, all of them.
fn refuse_to_replace(args: &Args, files: &[(&str, String)]) -> Result<(), Failure> {
    let mut issues = Issues::new();
    for (name, text) in files {
        let path = args.out.join(name);
        let is_same = || std::fs::read_to_string(&path).is_ok_and(|known| known == *text);
        if path.exists() && !args.force && !is_same() {
            let message = format!("{} is there already", path.display());
            issues.push(Issue::error("--out", message).with_help("--force replaces it, --out names another folder"));
        }
    }
    if issues.is_empty() { Ok(()) } else { Err(Failure::Input(issues)) }
}

/// Drafts beside their places, read as `run` reads them, then moved; what the reader finds doubtful. Nothing is moved, and
/// there is none, where `learn` takes from what the reader told that another draft is better.
///
/// Errors: what cannot be written, or read again; then everything is as it was.
fn write_all(
    folder: &Path,
    files: &[(&str, String)],
    learn: &mut dyn FnMut(&Issues) -> bool,
) -> Result<Option<Issues>, Failure> {
    let mut drafts = Drafts::default();
    for (name, text) in files {
        drafts.write(&folder.join(name), text).map_err(|(path, error)| unwritable("--out", &path, &error))?;
    }
    // The scenario is read while the files that it names are in their places and itself is a draft.
    let others: Vec<usize> = (1..files.len()).collect();
    drafts.publish(&others).map_err(|(path, error)| unwritable("--out", &path, &error))?;
    let draft = drafts.files[0].draft.clone();
    let (shown, place) = (draft.to_string_lossy().into_owned(), folder.join(SCENARIO).to_string_lossy().into_owned());
    let loaded = load(Sources::Disk, &draft, &[]).map(|scenario| scenario.caveats);
    if learn(loaded.as_ref().unwrap_or_else(|issues| issues)) {
        return Ok(None);
    }
    let caveats = loaded.map_err(|issues| {
        let mut own = Issues::new();
        own.absorb(issues, |at| {
            at.file.iter_mut().filter(|file| **file == shown).for_each(|file| file.clone_from(&place))
        });
        Failure::Input(own)
    })?;
    drafts.publish(&[0]).map_err(|(path, error)| unwritable("--out", &path, &error))?;
    drafts.keep();
    Ok(Some(caveats))
}

/// Files that are written together: gone with this, and what they replaced is back, unless they are kept.
#[derive(Default)]
struct Drafts {
    files: Vec<Written>,
    /// Folders that were made for them, inner ones first.
    folders: Vec<PathBuf>,
}

struct Written {
    draft: PathBuf,
    path: PathBuf,
    /// What was there before.
    before: Option<PathBuf>,
    is_published: bool,
}

type Unwritten = (PathBuf, std::io::Error);

impl Drafts {
    fn write(&mut self, path: &Path, text: &str) -> Result<(), Unwritten> {
        let failed = |error| (path.to_owned(), error);
        let parent = path.parent().unwrap_or(Path::new(""));
        if !parent.as_os_str().is_empty() {
            let missing = parent.ancestors().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists());
            self.folders.extend(missing.map(Path::to_owned));
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        let draft = beside(path, "tmp");
        self.files.push(Written { draft: draft.clone(), path: path.to_owned(), before: None, is_published: false });
        std::fs::write(draft, text).map_err(failed)
    }

    fn publish(&mut self, which: &[usize]) -> Result<(), Unwritten> {
        for at in which {
            let one = &mut self.files[*at];
            let failed = |error| (one.path.clone(), error);
            if one.path.exists() {
                let before = beside(&one.path, "old");
                std::fs::rename(&one.path, &before).map_err(failed)?;
                one.before = Some(before);
            }
            std::fs::rename(&one.draft, &one.path).map_err(failed)?;
            one.is_published = true;
        }
        Ok(())
    }

    /// They stay.
    fn keep(mut self) {
        std::mem::take(&mut self.files)
            .iter()
            .filter_map(|one| one.before.as_ref())
            .for_each(|old| drop(std::fs::remove_file(old)));
    }
}

impl Drop for Drafts {
    fn drop(&mut self) {
        for one in &self.files {
            let _ = std::fs::remove_file(if one.is_published { &one.path } else { &one.draft });
            one.before.iter().for_each(|before| drop(std::fs::rename(before, &one.path)));
        }
        // One that holds something is not removed.
        self.folders.iter().for_each(|folder| drop(std::fs::remove_dir(folder)));
    }
}

/// A hidden name beside a file.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.{ending}", std::process::id()))
}
