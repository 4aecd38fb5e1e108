//! Puts the sources on top of each other: defaults, the file, the environment, the command line.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use patchbay_runtime::{nearest, utf8};
use serde_json::Value as Json;

use super::file::File;
use super::problem::{Problem, Problems, Source};
use super::setting::{Fault, Setting, Written};
use super::settings::{Config, Visitor};

/// The name of a file of settings.
const FILE_NAME: &str = "patchbay.toml";
/// The machine's file.
const SYSTEM_FILE: &str = "/etc/patchbay/patchbay.toml";

/// Settings that the command line gives.
#[derive(Debug, Clone, Default)]
pub struct Flags(Vec<(&'static str, &'static str, String)>);

impl Flags {
    /// The setting of that key, when its flag was given.
    pub fn set(&mut self, key: &'static str, flag: &'static str, value: Option<impl fmt::Display>) {
        self.0.extend(value.map(|value| (key, flag, value.to_string())));
    }
}

/// One setting as it is in force.
#[derive(Debug)]
pub struct Shown {
    /// Its name, `serve.listen`.
    pub key: &'static str,
    /// What it does.
    pub about: &'static str,
    /// Its value.
    pub value: Json,
    /// Where the value came from.
    pub source: Source,
}

/// A configuration in force.
#[derive(Debug)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Each setting, in order.
    pub settings: Vec<Shown>,
    /// The file that was read, when there was one.
    pub file: Option<PathBuf>,
    /// Variables that look like settings and are none, each with what it may have been meant for.
    pub strangers: Vec<String>,
}

/// What the outside says: a file to read, variables, flags.
pub struct Sources<'a> {
    /// The file that was named, by `--config` or `PATCHBAY_CONFIG`; it has to be there.
    pub named: Option<PathBuf>,
    /// Where a file is looked for when none was named; the first that is there counts.
    pub candidates: Vec<PathBuf>,
    /// The environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The names of all variables that there are.
    pub names: Vec<String>,
    /// The settings that the command line gives.
    pub flags: Flags,
}

impl Sources<'_> {
    /// Where a file is looked for when none was named: here, in the data directory, on the machine.
    pub fn usual_places(data: Option<&Path>) -> Vec<PathBuf> {
        let data = data.map(|data| data.join(FILE_NAME));
        [Some(FILE_NAME.into()), data, Some(SYSTEM_FILE.into())].into_iter().flatten().collect()
    }
}

/// What a source gives to one setting.
struct Given {
    written: Written,
    source: Source,
    is_of_file: bool,
}

impl Loaded {
    /// Reads all sources.
    ///
    /// # Errors
    /// [`Problems`]: all that is wrong, in values that another source outweighs too.
    pub fn load(sources: Sources<'_>) -> Result<Self, Problems> {
        let known = keys();
        let mut problems = Vec::new();
        let mut given: HashMap<&'static str, Vec<Given>> = HashMap::new();
        let file = match find(&sources) {
            Ok(file) => file,
            Err(problem) => {
                problems.push(*problem);
                None
            }
        };
        if let Some(file) = &file {
            let (settings, wrong) = file.settings(&known);
            problems.extend(wrong);
            for (key, written) in settings {
                let source = file.source(&written.span);
                given.entry(key).or_default().push(Given { written, source, is_of_file: true });
            }
        }
        for key in &known {
            let name = variable_name(key);
            if let Some(text) = (sources.variable)(&name).filter(|text| !text.is_empty()) {
                let source = Source::Variable(name);
                given.entry(key).or_default().push(Given { written: Written::bare(text), source, is_of_file: false });
            }
        }
        for (key, flag, text) in sources.flags.0 {
            let source = Source::Flag(flag);
            given.entry(key).or_default().push(Given { written: Written::bare(text), source, is_of_file: false });
        }
        let mut reading = Reading { given, file: file.as_ref(), settings: Vec::new(), problems };
        let mut config = Config::default();
        config.visit(&mut reading);
        let Reading { settings, mut problems, .. } = reading;
        for (key, reason) in config.contradictions() {
            let source =
                settings.iter().find(|shown| shown.key == key).map_or(Source::Default, |shown| shown.source.clone());
            problems.push(Problem { source, key: Some(key.to_owned()), reason });
        }
        if problems.is_empty() {
            let strangers = strangers(&known, &sources.names);
            return Ok(Self { config, settings, file: file.map(|file| file.path.to_path_buf()), strangers });
        }
        problems.sort_by_key(|problem| match &problem.source {
            Source::File { line, column, .. } => (0, *line, *column),
            _ => (1, 0, 0),
        });
        Err(Problems(problems))
    }
}

/// Variables of Patchbay that are no settings.
const OTHERS: [&str; 8] = [
    "PATCHBAY_CONFIG",
    "PATCHBAY_GUEST_TOOLCHAIN",
    "PATCHBAY_MASTER_KEY",
    "PATCHBAY_MASTER_KEY_NEW",
    "PATCHBAY_PROXY_PASSWORD",
    "PATCHBAY_PROXY_USER",
    "PATCHBAY_SERVICE",
    "PATCHBAY_SERVICE_KEY",
];

/// What is said of variables that are nearly a setting's, or stand in one of its sections. Others with this beginning are
/// somebody's own.
fn strangers(known: &[&'static str], names: &[String]) -> Vec<String> {
    let known: Vec<String> = known.iter().map(|key| variable_name(key)).chain(OTHERS.map(str::to_owned)).collect();
    let sections: Vec<String> =
        keys().iter().filter_map(|key| Some(variable_name(key.split_once('.')?.0) + "_")).collect();
    let mut strangers: Vec<String> = names
        .iter()
        .filter(|name| name.starts_with("PATCHBAY_") && !known.contains(name))
        .filter_map(|name| match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => Some(format!("{name} is no setting and changes nothing; did you mean {near}?")),
            None if sections.iter().any(|section| name.starts_with(section)) => Some(format!(
                "{name} is no setting and changes nothing; `patchbay config show` lists all with their variables"
            )),
            None => None,
        })
        .collect();
    strangers.sort();
    strangers
}

/// The variable of a setting.
pub fn variable_name(key: &str) -> String {
    format!("PATCHBAY_{}", key.replace('.', "_").to_ascii_uppercase())
}

/// The file to read; none when none was named and none is there.
fn find(sources: &Sources<'_>) -> Result<Option<File>, Box<Problem>> {
    let unreadable = |path: &Path, error: std::io::Error| {
        let source = Source::File { path: path.into(), line: 1, column: 1 };
        Box::new(Problem { source, key: None, reason: format!("can not be read: {error}") })
    };
    let text_of = |path: &Path, bytes: Vec<u8>| {
        let text = utf8(&bytes).map_err(|error| unreadable(path, std::io::Error::other(error)))?;
        Ok(Some(File::new(path, text.to_owned())))
    };
    if let Some(path) = &sources.named {
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, error))?;
        return text_of(path, bytes);
    }
    for path in &sources.candidates {
        match std::fs::read(path) {
            Ok(bytes) => return text_of(path, bytes),
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(unreadable(path, error)),
        }
    }
    Ok(None)
}

/// Gives each setting its value from what the sources say.
struct Reading<'a> {
    given: HashMap<&'static str, Vec<Given>>,
    file: Option<&'a File>,
    settings: Vec<Shown>,
    problems: Vec<Problem>,
}

impl Visitor for Reading<'_> {
    fn setting<T: Setting>(&mut self, key: &'static str, about: &'static str, value: &mut T) {
        let mut source = Source::Default;
        for given in self.given.remove(key).unwrap_or_default() {
            match T::read(&given.written) {
                Ok(read) => {
                    *value = read;
                    source = given.source;
                }
                Err(Fault { span, reason }) => {
                    let source = match (span, self.file) {
                        (Some(span), Some(file)) if given.is_of_file => file.source(&span),
                        _ => given.source,
                    };
                    self.problems.push(Problem { source, key: Some(key.to_owned()), reason });
                }
            }
        }
        self.settings.push(Shown { key, about: about.trim(), value: value.show(), source });
    }
}

/// The keys of all settings.
fn keys() -> Vec<&'static str> {
    struct Keys(Vec<&'static str>);
    impl Visitor for Keys {
        fn setting<T: Setting>(&mut self, key: &'static str, _: &'static str, _: &mut T) {
            self.0.push(key);
        }
    }
    let mut keys = Keys(Vec::new());
    Config::default().visit(&mut keys);
    keys.0
}
