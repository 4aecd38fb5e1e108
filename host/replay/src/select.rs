//! Which fixture files there are: `fixtures/<operation>.yaml`, anywhere below a provider's folder. An operation that goes
//! two ways has a file for each, the second `fixtures/<operation>.<way>.yaml`, whose cases are named `<way>: ..`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use patchbay_runtime::{NodeId, Provider, Runtime, nearest};

use crate::error::{Error, Result};
use crate::shared;
use crate::source::Malformed;

/// A file of an operation's cases, and what its place names.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// The file.
    pub path: PathBuf,
    /// `provider/operation`, as folder and name say; not yet known to be a node.
    pub node: String,
    /// Which way the operation goes in this file, when it has several.
    pub way: Option<String>,
    /// The files whose cases hold of this operation too, the widest first.
    pub shared: Vec<PathBuf>,
}

/// What is to be tested.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The files.
    pub files: Vec<CaseFile>,
    /// Names of cases: only these, when there are any.
    pub names: Vec<String>,
    /// Only cases whose node or name has this text.
    pub filter: Option<String>,
    /// Whether only some of the files that were named are here: a name may be that of a case in another.
    pub is_part: bool,
    /// Files in a place of fixtures that are none.
    pub stray: Vec<PathBuf>,
}

impl Selection {
    /// What the arguments name: paths, providers, nodes and operations of the sources (a project's nodes, or a provider's
    /// folder), then cases of these. All of the sources without arguments.
    pub fn of(sources: Option<&Path>, arguments: &[String], filter: Option<&str>) -> Result<Self> {
        let mut found = Files::default();
        let mut names = Vec::new();
        if arguments.is_empty() {
            found.walk(sources.ok_or(Error::NoProject)?, false)?;
        }
        for argument in arguments {
            if Path::new(argument).exists() {
                found.walk(Path::new(argument), true)?;
            } else if let Some(files) = named(sources, argument)? {
                found.fixtures.extend(files);
            } else if found.fixtures.is_empty() {
                return Err(unknown(sources, argument));
            } else {
                names.push(argument.clone());
            }
        }
        let mut providers = Providers::default();
        let files: Vec<CaseFile> = found.fixtures.into_iter().map(|path| providers.case_file(path)).collect();
        let stray = found.stray.into_iter().map(shortened).collect();
        Ok(Self { files, names, filter: filter.map(str::to_owned), is_part: false, stray })
    }

    /// Whether a case is meant.
    pub fn takes(&self, node: &str, name: &str) -> bool {
        let is_named = self.names.is_empty() || self.names.iter().any(|known| known == name);
        is_named && self.filter.as_deref().is_none_or(|text| format!("{node}/{name}").contains(text))
    }
}

impl CaseFile {
    /// The name of one of its cases, as it is told.
    pub fn case_name(&self, name: &str) -> String {
        self.way.as_ref().map_or_else(|| name.to_owned(), |way| format!("{way}: {name}"))
    }

    /// The name of one of its cases, as it stands in the file.
    pub fn name_in_file<'name>(&self, name: &'name str) -> &'name str {
        let way = self.way.as_deref().and_then(|way| name.strip_prefix(way)?.strip_prefix(": "));
        way.unwrap_or(name)
    }

    /// The node, when the place names one that there is.
    pub fn node(&self, runtime: &Runtime) -> std::result::Result<NodeId, Malformed> {
        let id = self.node.parse::<NodeId>().map_err(|error| Malformed::whole(&self.path, error.to_string()))?;
        if runtime.node_ids().contains(&id) {
            return Ok(id);
        }
        let known: Vec<String> = runtime.node_ids().iter().map(ToString::to_string).collect();
        let proposal = did_you_mean(&self.node, &known);
        Err(Malformed::whole(&self.path, format!("the file names no node: there is no `{id}`{proposal}")))
    }
}

/// Whether a file is at a fixture's place: in a folder `fixtures`, with the extension of one.
pub fn is_fixture(path: &Path) -> bool {
    let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    is_yaml && path.parent().is_some_and(|folder| file_name(folder) == "fixtures")
}

fn is_shared(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == shared::STEM)
}

/// The fixture files below a folder, and what looks like one and is none.
#[derive(Default)]
struct Files {
    fixtures: BTreeSet<PathBuf>,
    stray: BTreeSet<PathBuf>,
}

impl Files {
    /// Collects what is at and below a path. A file that is named is a fixture, wherever it stands.
    fn walk(&mut self, path: &Path, is_named: bool) -> Result<()> {
        let file = |source| Error::File { path: path.to_owned(), source };
        if !path.is_dir() {
            return match (is_shared(path), is_fixture(path)) {
                // Its cases are those of the operations beside and below it.
                (true, _) if is_named => self.walk(path.parent().and_then(Path::parent).unwrap_or(path), false),
                (false, true) => {
                    self.fixtures.insert(path.to_owned());
                    Ok(())
                }
                (_, is_fixture) => {
                    if !is_fixture && (is_named || looks_like_a_fixture(path)) {
                        self.stray.insert(path.to_owned());
                    }
                    Ok(())
                }
            };
        }
        for entry in std::fs::read_dir(path).map_err(file)? {
            let entry = entry.map_err(file)?;
            // Links are not followed: they could go round in a circle.
            let kind = entry.file_type().map_err(file)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_output = name == "target" || name.starts_with('.');
            if !(is_output || kind.is_symlink() && entry.path().is_dir()) {
                self.walk(&entry.path(), false)?;
            }
        }
        Ok(())
    }
}

/// Data below a folder `fixtures` that is not read.
fn looks_like_a_fixture(path: &Path) -> bool {
    let is_data =
        path.extension().is_some_and(|extension| ["json", "yaml", "yml"].iter().any(|known| extension == *known));
    is_data && path.ancestors().skip(1).take(2).any(|folder| file_name(folder) == "fixtures")
}

/// The files of a provider, a node or an operation of the project; none when there is no such thing.
fn named(nodes: Option<&Path>, argument: &str) -> Result<Option<BTreeSet<PathBuf>>> {
    let Some(nodes) = nodes else { return Ok(None) };
    let (provider, operation) = match argument.split_once('/') {
        Some((provider, operation)) => (Some(provider), Some(operation)),
        None if nodes.join(argument).is_dir() || is_folder_of(nodes, argument) => (Some(argument), None),
        None => (None, Some(argument)),
    };
    let folder = match provider {
        Some(provider) if !is_folder_of(nodes, provider) => nodes.join(provider),
        _ => nodes.to_owned(),
    };
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut all = Files::default();
    all.walk(&folder, false)?;
    let Some(operation) = operation else { return Ok(Some(all.fixtures)) };
    let (mut files, mut known) = (BTreeSet::new(), Vec::new());
    for file in all.fixtures {
        let stem = stem(&file);
        let stem = stem.split('.').next().unwrap_or_default().to_owned();
        if stem == operation {
            files.insert(file);
        } else {
            known.push(provider.map_or_else(|| stem.clone(), |provider| format!("{provider}/{stem}")));
        }
    }
    match (files.is_empty(), provider) {
        (false, _) => Ok(Some(files)),
        (true, None) => Ok(None),
        (true, Some(_)) => {
            Err(Error::NoFixtures { argument: argument.to_owned(), near: did_you_mean(argument, &known) })
        }
    }
}

/// Whether a folder is that of the provider.
fn is_folder_of(folder: &Path, provider: &str) -> bool {
    let file = folder.join("provider.toml");
    file.is_file() && Provider::read(&file).is_ok_and(|read| read.id.as_str() == provider)
}

fn unknown(nodes: Option<&Path>, argument: &str) -> Error {
    let mut known = Vec::new();
    if let Some(nodes) = nodes {
        let entries = std::fs::read_dir(nodes).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir());
        known.extend(entries.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        let mut all = Files::default();
        // The name is unknown either way; a folder that can not be read only has no proposals.
        let _ = all.walk(nodes, false);
        known.extend(all.fixtures.iter().map(|file| stem(file)));
    }
    let wanted = argument.split('/').next().unwrap_or(argument);
    Error::UnknownName { argument: argument.to_owned(), near: did_you_mean(wanted, &known) }
}

/// `; did you mean ..?`, or nothing.
pub fn did_you_mean(wanted: &str, known: &[String]) -> String {
    let near = nearest(wanted, known.iter().map(String::as_str));
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// The providers of folders, each read once.
#[derive(Default)]
struct Providers(BTreeMap<PathBuf, Option<String>>);

impl Providers {
    fn case_file(&mut self, path: PathBuf) -> CaseFile {
        let absolute = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
        let around = absolute.parent().and_then(Path::parent).unwrap_or(Path::new(""));
        let found = around.ancestors().find_map(|folder| Some((folder, self.provider(folder)?)));
        let (provider_folder, provider) = found.unwrap_or_else(|| (around, file_name(around)));
        let stem = stem(&path);
        let (operation, way) = match stem.split_once('.') {
            Some((operation, way)) => (operation.to_owned(), Some(way.replace('-', " "))),
            None => (stem, None),
        };
        let within = around.ancestors().take_while(|folder| folder.starts_with(provider_folder));
        let mut shared: Vec<PathBuf> = within
            .flat_map(|folder| {
                ["yaml", "yml"].map(|end| folder.join("fixtures").join(shared::STEM).with_extension(end))
            })
            .filter(|file| file.is_file())
            .map(shortened)
            .collect();
        shared.reverse();
        CaseFile { path: shortened(path), node: format!("{provider}/{operation}"), way, shared }
    }

    /// The name of the provider whose folder this is.
    fn provider(&mut self, folder: &Path) -> Option<String> {
        if let Some(known) = self.0.get(folder) {
            return known.clone();
        }
        let file = folder.join("provider.toml");
        let read = file.is_file().then(|| match Provider::read(&file) {
            Ok(provider) => provider.id.to_string(),
            Err(_) => file_name(folder),
        });
        self.0.insert(folder.to_owned(), read.clone());
        read
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The path as a person would write it.
fn shortened(path: PathBuf) -> PathBuf {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned)).unwrap_or(path)
}
