//! From files to cases, or to what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_runtime::{Manifest, NodeId, Provider, Runtime};
use rayon::prelude::*;

use crate::case::{Case, Content, Step};
use crate::draft::{Draft, Wrong};
use crate::error::{Error, Result};
use crate::form::{OfCase, OperationFile, Refinement, Says};
use crate::secrets::SecretCheck;
use crate::select::{CaseFile, Selection, did_you_mean};
use crate::shared::{SharedCases, Traits};
use crate::source::{Malformed, Source, path};
use crate::yaml::Segment;

/// The name of the case that the base is.
pub const BASE: &str = "base";

/// What was found.
#[derive(Default)]
pub struct Found {
    /// Cases.
    pub cases: Vec<Case>,
    /// What is none.
    pub malformed: Vec<Malformed>,
}

/// A fixture file of an operation, understood.
pub struct Operation {
    /// The node.
    pub node: NodeId,
    /// Its file.
    pub source: Source,
    /// What stands in it.
    pub file: OperationFile,
    /// The base, to which cases are added.
    pub base: Draft,
}

impl Found {
    /// Reads and checks the files.
    ///
    /// # Errors
    /// Nothing is selected, a name is that of no case, or a node can not be loaded.
    pub async fn read(selection: &Selection, runtime: &Runtime) -> Result<Self> {
        let secrets = SecretCheck::new(runtime.providers().iter().map(AsRef::as_ref));
        let mut found = Self::default();
        for stray in &selection.stray {
            let message = "cases stand in fixtures/OPERATION.yaml, and this file is not read";
            found.malformed.push(Malformed::whole(stray, message));
        }
        let mut files = Vec::new();
        for file in &selection.files {
            match file.node(runtime) {
                Ok(node) => {
                    let manifest = runtime.manifest(&node).await?;
                    let provider = runtime.provider(node.provider.as_str())?;
                    files.push(OfNode { file, node, manifest, provider });
                }
                Err(malformed) => found.malformed.push(malformed),
            }
        }
        let mut reader = Reader { secrets, shared: BTreeMap::new() };
        for shared in files.iter().flat_map(|one| &one.file.shared) {
            found.malformed.extend(reader.read_shared(shared));
        }
        let mut names = BTreeSet::new();
        let read: Vec<Read<Vec<Case>>> = files.par_iter().map(|one| reader.cases(one)).collect();
        for (one, read) in files.iter().zip(read) {
            match read {
                Ok(cases) => {
                    let is_meant = |case: &Case| selection.takes(&one.node.to_string(), &case.name);
                    names.extend(cases.iter().map(|case| case.name.clone()));
                    found.cases.extend(cases.into_iter().filter(is_meant));
                }
                Err(malformed) => found.malformed.extend(malformed),
            }
        }
        if let Some(unknown) = selection.names.iter().find(|name| !selection.is_part && !names.contains(*name)) {
            let names: Vec<String> = names.into_iter().collect();
            return Err(Error::UnknownName { argument: unknown.clone(), near: did_you_mean(unknown, &names) });
        }
        found.malformed.dedup();
        if found.cases.is_empty() && found.malformed.is_empty() {
            return Err(Error::Nothing);
        }
        Ok(found)
    }
}

/// A file's cases; or all that is wrong with it.
type Read<T> = std::result::Result<T, Vec<Malformed>>;

/// A file, and the node whose cases stand in it.
struct OfNode<'selection> {
    file: &'selection CaseFile,
    node: NodeId,
    manifest: Arc<Manifest>,
    provider: Arc<Provider>,
}

struct Reader {
    secrets: SecretCheck,
    /// Those of shared files that could be read.
    shared: BTreeMap<PathBuf, Option<SharedCases>>,
}

impl Reader {
    fn cases(&self, OfNode { file, node, manifest, provider }: &OfNode<'_>) -> Read<Vec<Case>> {
        let operation = Operation::read(&file.path, node.clone(), &self.secrets)?;
        let mut cases = Cases { operation: &operation, provider, manifest, done: Vec::new(), malformed: Vec::new() };
        cases.add(BASE, operation.source.file(), &[BASE], Ok(operation.base.clone()));
        let mut refined: BTreeSet<&str> = BTreeSet::new();
        let mut texts = BTreeMap::new();
        for shared in &file.shared {
            let Some(Some(shared)) = self.shared.get(shared) else { continue };
            texts.extend(shared.texts().clone());
            let own = operation.file.texts.clone();
            cases.add_shared(shared, &texts.clone().into_iter().chain(own).collect(), &mut refined);
        }
        let unknown = operation.file.shared.0.iter().filter(|(name, _)| !refined.contains(name.as_str()));
        for (name, _) in unknown {
            let message = format!("no case `{name}` in every-operation.yaml holds of {}", manifest.id);
            cases.malformed.push(operation.source.malformed(&path(["shared", name]), message));
        }
        for (name, says) in &operation.file.cases.0 {
            let mut draft = operation.base.begin();
            let added = draft.add(says).map(|()| draft);
            cases.add(name, operation.source.file(), &["cases", name], added);
        }
        let Cases { done, malformed, .. } = cases;
        let named = done.into_iter().map(|case| Case { name: file.case_name(&case.name), ..case });
        if malformed.is_empty() { Ok(named.collect()) } else { Err(malformed) }
    }

    /// Reads a file of shared cases, once. What is wrong with it is said once, whatever the operations.
    fn read_shared(&mut self, file: &Path) -> Vec<Malformed> {
        if self.shared.contains_key(file) {
            return Vec::new();
        }
        let read = || -> Read<SharedCases> {
            let source = Source::read(file).map_err(|malformed| vec![malformed])?;
            let real = self.secrets.check(&source);
            if !real.is_empty() {
                return Err(real);
            }
            SharedCases::of(source).map_err(|malformed| vec![malformed])
        };
        let (shared, malformed) = match read() {
            Ok(shared) => (Some(shared), Vec::new()),
            Err(malformed) => (None, malformed),
        };
        self.shared.insert(file.to_owned(), shared);
        malformed
    }
}

impl Operation {
    /// Reads a file, whatever stands in it: for a case that is about to be recorded, so that its numbers may be real.
    pub fn read_unchecked(file: &Path, node: NodeId) -> std::result::Result<Self, Malformed> {
        Self::of(Source::read(file)?, node)
    }

    fn of(source: Source, node: NodeId) -> std::result::Result<Self, Malformed> {
        let file: OperationFile = source.parse()?;
        let base = Draft::base(&file.base).map_err(|wrong| malformed(&source, &[BASE], wrong))?;
        Ok(Self { node, source, file, base })
    }

    /// Reads a file, and refuses what looks real.
    pub fn read(file: &Path, node: NodeId, secrets: &SecretCheck) -> Read<Self> {
        let source = Source::read(file).map_err(|malformed| vec![malformed])?;
        let real = secrets.check(&source);
        if !real.is_empty() {
            return Err(real);
        }
        let operation = Self::of(source, node).map_err(|malformed| vec![malformed])?;
        let Self { source, file, .. } = &operation;
        let of_name = |name: &str| {
            let problem = match name {
                BASE => "`base` is the name of the case that the base is",
                "" => "a case's name says in words what it shows",
                _ if name.contains(char::is_control) => "a case's name is one line of text",
                _ => return None,
            };
            Some(source.malformed(&path(["cases", name]), problem))
        };
        let wrong: Vec<Malformed> = file.cases.0.iter().filter_map(|(name, _)| of_name(name)).collect();
        if wrong.is_empty() { Ok(operation) } else { Err(wrong) }
    }
}

/// The cases of a file, while they are put together.
struct Cases<'file> {
    operation: &'file Operation,
    provider: &'file Provider,
    manifest: &'file Manifest,
    done: Vec<Case>,
    malformed: Vec<Malformed>,
}

impl<'file> Cases<'file> {
    /// `place` is the way to what is said of the case in this file.
    fn add(&mut self, name: &str, file: &Path, place: &[&str], draft: std::result::Result<Draft, Wrong>) {
        let source = &self.operation.source;
        let content = draft.and_then(|draft| draft.finish(self.provider, self.manifest));
        let content = content.and_then(|content| check_names(&content, self.provider).map(|()| content));
        match content {
            Ok(content) => {
                let line = source.root().position(&path(place.iter().copied())).line;
                let (node, name, file) = (self.operation.node.clone(), name.to_owned(), file.to_owned());
                self.done.push(Case { node, name, file, line, content });
            }
            Err(wrong) => self.malformed.push(malformed(source, place, wrong)),
        }
    }

    fn add_shared(
        &mut self,
        shared: &SharedCases,
        texts: &BTreeMap<String, String>,
        refined: &mut BTreeSet<&'file str>,
    ) {
        let base = &self.operation.base;
        let traits = Traits {
            manifest: self.manifest,
            slot: base.slot(),
            effect: base.effect().unwrap_or(self.manifest.effect),
            request: base.first_request(),
            texts,
        };
        let cases = match shared.of_operation(&traits) {
            Ok(cases) => cases,
            Err(malformed) => return self.malformed.push(malformed),
        };
        for (name, parts) in cases {
            if self.done.iter().any(|case| case.name == name) {
                let message = format!("{} has a case `{name}` of a wider folder already", self.manifest.id);
                self.malformed.push(shared.source().malformed(&path(["cases", name]), message));
                continue;
            }
            let own = self.operation.file.shared.0.iter().find(|(known, _)| known == name);
            if let Some((own_name, _)) = own {
                refined.insert(own_name);
            }
            if own.is_some_and(|(_, own)| own.excluded.is_some()) {
                continue;
            }
            if self.operation.file.cases.get(name).is_some() {
                let message = format!("`{name}` is a case of every-operation.yaml: say what is different in `shared`");
                self.malformed.push(self.operation.source.malformed(&path(["cases", name]), message));
                continue;
            }
            self.add_one_shared(shared.source(), name, &parts, own.map(|(_, own)| own));
        }
    }

    fn add_one_shared(&mut self, source: &Source, name: &str, parts: &[Says], own: Option<&Refinement>) {
        let mut draft = self.operation.base.begin();
        let shared = parts.iter().try_for_each(|part| draft.add(part));
        if let Err(wrong) = shared {
            let id = &self.manifest.id;
            let wrong = Wrong { message: format!("for {id}: {}", wrong.message), ..wrong };
            return self.malformed.push(malformed(source, &["cases", name], wrong));
        }
        draft.follow(self.manifest.status);
        match own {
            Some(own) => {
                let added = draft.add(&own.says()).map(|()| draft);
                self.add(name, self.operation.source.file(), &["shared", name], added);
            }
            None => {
                let line = source.root().position(&path(["cases", name])).line;
                match draft.finish(self.provider, self.manifest) {
                    Ok(content) => {
                        let (node, name) = (self.operation.node.clone(), name.to_owned());
                        self.done.push(Case { node, name, file: source.file().to_owned(), line, content });
                    }
                    Err(wrong) => {
                        let wrong = Wrong { message: format!("for {}: {}", self.manifest.id, wrong.message), ..wrong };
                        self.malformed.push(malformed(source, &["cases", name], wrong));
                    }
                }
            }
        }
    }
}

fn malformed(source: &Source, place: &[&str], wrong: Wrong) -> Malformed {
    let mut way: Vec<Segment> = place.iter().map(|name| Segment::Member((*name).to_owned())).collect();
    way.extend(path(wrong.at.iter().map(String::as_str)));
    source.malformed(&way, wrong.message)
}

/// Whether the provider has what the case names.
fn check_names(content: &Content, provider: &Provider) -> std::result::Result<(), Wrong> {
    let require = |what: &str, wanted: &str, known: Vec<&str>, at: &str| {
        if known.contains(&wanted) {
            return Ok(());
        }
        Err(Wrong::at(at, format!("{} has no {what} `{wanted}`; there are: {}", provider.title, known.join(", "))))
    };
    if let Some(kind) = content.credential.as_deref().filter(|kind| *kind != "none") {
        let kinds = provider.credentials.iter().map(|kind| kind.kind.as_str()).collect();
        require("kind of credential", kind, kinds, "credential")?;
    }
    for step in &content.steps {
        if let Step::Token(answer) = step {
            let recipes = provider.tokens.iter().map(|recipe| recipe.name.as_str()).collect();
            require("token", answer.token.as_str(), recipes, "token")?;
        }
        for slot in step.exchanges().iter().filter_map(|exchange| exchange.request.slot.as_ref()) {
            let slots = provider.slots.iter().map(|slot| slot.name.as_str()).collect();
            require("signing slot", slot.as_str(), slots, "slot")?;
        }
    }
    Ok(())
}
