//! A build whose nodes are served while it goes on.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result};
use patchbay_build::{Progress, Step};
use patchbay_runtime::{NodeId, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::Source;
use super::progress::Lines;

/// A build that has begun. Dropping it ends the build.
pub struct Building {
    source: Source,
    coming: Vec<NodeId>,
    /// The one task that builds, in a set because that ends what is in it.
    task: JoinSet<patchbay_build::Result<bool>>,
    news: UnboundedReceiver<News>,
}

/// What is told of a build besides its lines.
enum News {
    Began(Vec<NodeId>),
    Node(NodeId),
}

impl Building {
    /// Begins a build; none when all is current.
    ///
    /// # Errors
    /// It ends before it is known what it makes.
    pub(super) async fn begin(source: Source) -> Result<Option<Self>> {
        let (sender, mut news) = unbounded_channel();
        let build = source.build.clone();
        let mut task = JoinSet::new();
        task.spawn(async move { build.run(&Teller { lines: Lines::new(), news: sender }).await });
        match news.recv().await {
            Some(News::Began(coming)) => Ok(Some(Self { source, coming, task, news })),
            _ => {
                ended(&mut task).await?;
                Ok(None)
            }
        }
    }

    /// The nodes that it makes.
    pub fn coming(&self) -> &[NodeId] {
        &self.coming
    }

    /// Tells a runtime of each node as soon as it is there, and compiles it then; at the end writes the schemas that follow
    /// from them.
    ///
    /// # Errors
    /// The build failed; the runtime knows of the nodes that will not come.
    pub async fn follow(mut self, runtime: &Arc<Runtime>) -> Result<()> {
        let mut missing: BTreeSet<NodeId> = self.coming.into_iter().collect();
        let mut compiling = JoinSet::new();
        while let Some(news) = self.news.recv().await {
            let News::Node(node) = news else { continue };
            runtime.built(&node).await?;
            missing.remove(&node);
            let runtime = Arc::clone(runtime);
            // One that can not be compiled is told of when all are loaded.
            compiling.spawn(async move { drop(runtime.node(&node).await) });
        }
        let built = ended(&mut self.task).await;
        if let Err(error) = &built {
            for node in &missing {
                runtime.not_built(node, format!("{error:#}")).await?;
            }
        }
        compiling.join_all().await;
        built?;
        Ok(self.source.schemas_of(runtime).await?.write()?)
    }
}

async fn ended(task: &mut JoinSet<patchbay_build::Result<bool>>) -> Result<bool> {
    let ended = task.join_next().await.context("the build was not begun")?;
    Ok(ended.context("the build was broken off")??)
}

/// Prints the lines of a build and passes on what becomes of its nodes.
struct Teller {
    lines: Lines,
    news: UnboundedSender<News>,
}

impl Progress for Teller {
    fn reached(&self, step: Step<'_>) {
        let news = match &step {
            Step::Began { nodes, .. } => Some(News::Began(nodes.to_vec())),
            Step::Node { id, .. } => Some(News::Node((*id).clone())),
            _ => None,
        };
        self.lines.reached(step);
        if let Some(news) = news {
            // Who no longer listens has ended the build.
            self.news.send(news).ok();
        }
    }
}
