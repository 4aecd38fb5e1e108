//! Starting a tenant, stopping it, and looking inside it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::api;
use crate::config::TenantConfig;
use crate::error::Error;
use crate::fault::{Fault, FaultRule};
use crate::journal::ServedRequest;
use crate::line::{CuttableListener, Line};
use crate::service::{Service, Shared};
use crate::state::{Chat, Department, Invitation, Node, Notice, Sheet, User, Workspace};

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

        let service = Arc::new(Service::new(config)?);
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

    /// The state of the organisation as JSON text, for [`TenantConfig::state`] of another tenant. Tokens are not part of it.
    ///
    /// # Errors
    /// A part of the state has no JSON form.
    pub fn state(&self) -> Result<String, serde_json::Error> {
        self.service.organisation.to_json()
    }

    /// From now on every token issued so far counts as expired: the older API answers errcode 42001, the newer one
    /// `InvalidAuthentication`. The next fetch gives a new token.
    pub fn expire_tokens(&self) {
        self.service.organisation.tokens().expire_all();
    }

    /// Lets the next `times` requests whose path starts with `path_prefix` fail by `fault`, in place of being executed.
    /// Faults that match the same request are used up in the order in which they were set.
    pub fn fail_next(&self, path_prefix: &str, times: usize, fault: Fault) {
        self.add_fault(FaultRule {
            path: path_prefix.to_owned(),
            method: None,
            times: Some(times),
            share: None,
            fault,
        });
    }

    /// Lets requests fail from now on, after the faults that were ordered before.
    pub fn add_fault(&self, rule: FaultRule) {
        self.service.faults.add(rule);
    }

    /// Lets nothing fail any longer.
    pub fn clear_faults(&self) {
        self.service.faults.clear();
    }

    /// The departments of the organisation, the root first.
    pub fn departments(&self) -> Vec<Department> {
        owned(self.service.organisation.directory().departments())
    }

    /// Everybody in the organisation, in the order of joining.
    pub fn users(&self) -> Vec<User> {
        owned(self.service.organisation.directory().users())
    }

    /// The person with this userId.
    pub fn user(&self, user_id: &str) -> Option<User> {
        self.service.organisation.directory().user(user_id).map(Arc::unwrap_or_clone)
    }

    /// Activates the account of the person with this userId, as the person does by logging in for the first time. Tells
    /// whether there is such a person.
    pub fn activate_user(&self, user_id: &str) -> bool {
        self.service.organisation.directory().activate(user_id).is_some()
    }

    /// Who was asked to join and has not answered, by mobile number.
    pub fn invitations(&self) -> Vec<Invitation> {
        self.service.organisation.directory().invitations()
    }

    /// Lets the person with this mobile number agree to join, and gives the new member. There is none when the person
    /// was not asked, or when somebody else has taken what is the person's own in the meantime.
    pub fn accept_invitation(&self, mobile: &str) -> Option<User> {
        self.service.organisation.directory().accept_invitation(mobile).map(Arc::unwrap_or_clone)
    }

    /// The work notices that were accepted, oldest first, without the one that is there from the start.
    pub fn notices(&self) -> Vec<Notice> {
        owned(self.service.organisation.notices().sent())
    }

    /// The work notice with this task id.
    pub fn notice(&self, task_id: i64) -> Option<Notice> {
        self.service.organisation.notices().notice(task_id).map(Arc::unwrap_or_clone)
    }

    /// Lets a recipient read a work notice. Tells whether that is possible: the notice has to be delivered to the person
    /// and not taken back.
    pub fn read_notice(&self, task_id: i64, user_id: &str) -> bool {
        let now = self.service.now();
        self.service.organisation.notices().read(task_id, user_id, now)
    }

    /// The group chats that were created, oldest first, without those that are there from the start.
    pub fn chats(&self) -> Vec<Chat> {
        owned(self.service.organisation.chats().created())
    }

    /// The group chat with this chatid or openConversationId.
    pub fn chat(&self, id: &str) -> Option<Chat> {
        let chats = self.service.organisation.chats();
        chats.by_chat_id(id).or_else(|| chats.by_open_conversation_id(id)).map(Arc::unwrap_or_clone)
    }

    /// Disbands the group chat with this chatid, as its owner does. Tells whether there is such a group.
    pub fn disband_chat(&self, chat_id: &str) -> bool {
        self.service.organisation.chats().disband(chat_id)
    }

    /// The knowledge bases and people's own documents, oldest first.
    pub fn workspaces(&self) -> Vec<Workspace> {
        self.service.organisation.wiki().workspaces().cloned().collect()
    }

    /// The knowledge base with this id.
    pub fn workspace(&self, workspace_id: &str) -> Option<Workspace> {
        self.service.organisation.wiki().workspace(workspace_id).cloned()
    }

    /// The node of a knowledge base with this id.
    pub fn node(&self, node_id: &str) -> Option<Node> {
        self.service.organisation.wiki().node(node_id).cloned()
    }

    /// The nodes directly below this one, oldest first.
    pub fn child_nodes(&self, parent_id: &str) -> Vec<Node> {
        self.service.organisation.wiki().children(parent_id).cloned().collect()
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

fn owned<T: Clone>(shared: Vec<Arc<T>>) -> Vec<T> {
    shared.into_iter().map(Arc::unwrap_or_clone).collect()
}
