//! Starting a tenant, stopping it, and looking inside it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::api;
use crate::config::TenantConfig;
use crate::error::Error;
use crate::fault::Fault;
use crate::journal::ServedRequest;
use crate::line::{CuttableListener, Line};
use crate::service::{Service, Shared};
use crate::state::{Chat, Department, Notice, Sheet, User};

/// A running simulated organisation.
///
/// Dropping it stops the server in the background; [`Tenant::shutdown`] waits until it has stopped.
pub struct Tenant {
    address: SocketAddr,
    service: Shared,
    server: Option<Server>,
}

struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Tenant {
    /// Starts a server in the tokio runtime of the caller; it answers by the time this returns.
    pub async fn start(config: TenantConfig) -> Result<Self, Error> {
        let listen = config.listen;
        let cannot_listen = |source| Error::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;

        let service = Arc::new(Service::new(config));
        let router = api::router(Arc::clone(&service));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let served =
                axum::serve(CuttableListener::new(listener), router.into_make_service_with_connect_info::<Line>())
                    // An error means that the tenant was dropped, which stops the server too.
                    .with_graceful_shutdown(async move { stopped.await.unwrap_or_default() })
                    .await;
            if let Err(error) = served {
                tracing::error!(%error, "the tenant stopped serving");
            }
        });
        tracing::info!(%address, "the tenant is listening");
        Ok(Self { address, service, server: Some(Server { stop, task }) })
    }

    /// Where the tenant listens, such as `http://127.0.0.1:40123`: what to put in place of `https://` and the host.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address the tenant listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops taking connections, lets the calls under way finish and returns when the last is answered.
    pub async fn shutdown(mut self) {
        let Some(Server { stop, task }) = self.server.take() else {
            return;
        };
        // The receiver is gone only when the server has ended already.
        if stop.send(()).is_err() {
            tracing::debug!("the tenant had stopped before");
        }
        if let Err(error) = task.await {
            tracing::error!(%error, "the tenant did not stop cleanly");
        }
    }

    /// The requests that arrived, oldest first, without tokens and secrets: the last 65,536 of them.
    pub fn requests(&self) -> Vec<ServedRequest> {
        self.service.journal.requests()
    }

    /// How many of [`Tenant::requests`] have a path that starts with `path_prefix`.
    pub fn request_count(&self, path_prefix: &str) -> usize {
        self.service.journal.count(path_prefix)
    }

    /// From now on every token issued so far counts as expired: the older API answers errcode 42001, the newer one
    /// `InvalidAuthentication`. The next fetch gives a new token.
    pub fn expire_tokens(&self) {
        self.service.organisation.tokens().expire_all();
    }

    /// Lets the next `times` requests whose path starts with `path_prefix` fail by `fault`, in place of being executed.
    /// Faults that match the same request are used up in the order in which they were set.
    pub fn fail_next(&self, path_prefix: &str, times: usize, fault: Fault) {
        self.service.faults.schedule(path_prefix, times, fault);
    }

    /// The departments of the organisation, the root first.
    pub fn departments(&self) -> Vec<Department> {
        self.service.organisation.directory().departments().to_vec()
    }

    /// Everybody in the organisation.
    pub fn users(&self) -> Vec<User> {
        self.service.organisation.directory().users().to_vec()
    }

    /// The person with this userId.
    pub fn user(&self, user_id: &str) -> Option<User> {
        self.service.organisation.directory().user(user_id).cloned()
    }

    /// The work notices that were accepted, oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        self.service.organisation.notices().sent().to_vec()
    }

    /// The group chats that were created, oldest first.
    pub fn chats(&self) -> Vec<Chat> {
        self.service.organisation.chats().created().to_vec()
    }

    /// A sheet as it is now; `sheet` is its id or its title.
    pub fn sheet(&self, workbook_id: &str, sheet: &str) -> Option<Sheet> {
        let workbooks = self.service.organisation.workbooks();
        workbooks.read_sheet(workbook_id, sheet, |sheet| Ok(Sheet::from(sheet))).ok()
    }

    /// The titles of a workbook's sheets, hidden ones too, in the order of their tabs.
    pub fn sheet_titles(&self, workbook_id: &str) -> Option<Vec<String>> {
        let tabs = self.service.organisation.workbooks().tabs(workbook_id).ok()?;
        Some(tabs.into_iter().map(|tab| tab.name).collect())
    }
}
