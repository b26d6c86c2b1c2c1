//! What a client can ask of the stand-ins and what they do by themselves: the routing table.

use axum::http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One thing that the stand-ins do, as faults and the journal name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `POST /{version}/{phone number id}/messages`
    Send,
    /// The same address with `"status":"read"`, with or without a typing indicator.
    MarkRead,
    /// `GET /{version}/{phone number id}`
    PhoneNumber,
    /// `POST /{version}/{phone number id}/media`
    MediaUpload,
    /// `GET /{version}/{media id}`
    MediaInfo,
    /// `GET` of the address that [`Operation::MediaInfo`] gave
    MediaDownload,
    /// `DELETE /{version}/{media id}`
    MediaDelete,
    /// `GET /{version}/{account id}/message_templates`
    TemplateList,
    /// `POST` of the same address
    TemplateSubmit,
    /// `DELETE` of the same address
    TemplateDelete,
    /// `GET /{version}/{account id}/subscribed_apps`
    SubscribedApps,
    /// `POST /openai/v1/chat/completions`
    Chat,
    /// `POST /openai/v1/embeddings`
    Embeddings,
    /// `POST /openai/v1/audio/transcriptions`
    Transcription,
    /// `GET /openai/v1/models`
    Models,
    /// `POST /openai/v1/files`
    FileUpload,
    /// `DELETE /openai/v1/files/{id}`
    FileDelete,
    /// `POST /openai/v1/vector_stores`
    VectorStoreCreate,
    /// `POST /openai/v1/vector_stores/{id}/files`
    VectorStoreFileAdd,
    /// `GET` of the same address
    VectorStoreFiles,
    /// `DELETE /openai/v1/vector_stores/{id}/files/{id}`
    VectorStoreFileDelete,
    /// `POST /openai/v1/vector_stores/{id}/search`
    VectorStoreSearch,
    /// Any webhook; a fault on it falls on all four below.
    Webhook,
    /// A webhook with what customers wrote
    WebhookMessage,
    /// A webhook with the status of what the business sent
    WebhookStatus,
    /// A webhook with what the business wrote on its own phone
    WebhookEcho,
    /// A webhook of any other field: history, templates, the account, …
    WebhookField,
    /// Any request to Notion; a fault on it falls on every one below up to [`Operation::NotionFileDownload`].
    Notion,
    /// `POST /notion/v1/databases`
    NotionDatabaseCreate,
    /// `GET /notion/v1/databases/{id}`
    NotionDatabaseRetrieve,
    /// `PATCH` of the same address
    NotionDatabaseUpdate,
    /// `GET /notion/v1/data_sources/{id}`
    NotionDataSourceRetrieve,
    /// `PATCH` of the same address
    NotionDataSourceUpdate,
    /// `POST /notion/v1/data_sources/{id}/query`, or of a database under 2022-06-28
    NotionQuery,
    /// `POST /notion/v1/pages`
    NotionPageCreate,
    /// `GET /notion/v1/pages/{id}`, and one of its properties
    NotionPageRetrieve,
    /// `PATCH /notion/v1/pages/{id}`
    NotionPageUpdate,
    /// `GET /notion/v1/blocks/{id}`
    NotionBlockRetrieve,
    /// `PATCH` of the same address
    NotionBlockUpdate,
    /// `DELETE` of the same address
    NotionBlockDelete,
    /// `GET /notion/v1/blocks/{id}/children`
    NotionBlockChildren,
    /// `PATCH` of the same address
    NotionBlockAppend,
    /// `POST /notion/v1/comments`
    NotionComment,
    /// `GET` of the same address, and of one comment
    NotionCommentList,
    /// `GET /notion/v1/users`, one of them, and `/me`
    NotionUsers,
    /// `POST /notion/v1/search`
    NotionSearch,
    /// `POST /notion/v1/file_uploads`, `GET` of one, and `/send`
    NotionFileUpload,
    /// `GET` of a file's address, which carries a signature in place of a token
    NotionFileDownload,
    /// Any webhook of Notion; a fault on it falls on both below.
    NotionWebhook,
    /// The webhook of a button or an automation
    NotionAutomation,
    /// A webhook of the connection
    NotionEvent,
}

impl Operation {
    /// The operation of a request; `None` when the address is nobody's.
    pub(crate) fn of(
        method: &Method,
        path: &str,
        body: &Value,
        phone_number_id: &str,
    ) -> Option<Self> {
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match (method.as_str(), segments.as_slice()) {
            ("POST", ["openai", "v1", "chat", "completions"]) => Some(Self::Chat),
            ("POST", ["openai", "v1", "embeddings"]) => Some(Self::Embeddings),
            ("POST", ["openai", "v1", "audio", "transcriptions"]) => Some(Self::Transcription),
            ("GET", ["openai", "v1", "models"]) => Some(Self::Models),
            ("POST", ["openai", "v1", "files"]) => Some(Self::FileUpload),
            ("DELETE", ["openai", "v1", "files", _]) => Some(Self::FileDelete),
            ("POST", ["openai", "v1", "vector_stores"]) => Some(Self::VectorStoreCreate),
            ("POST", ["openai", "v1", "vector_stores", _, "files"]) => {
                Some(Self::VectorStoreFileAdd)
            }
            ("GET", ["openai", "v1", "vector_stores", _, "files"]) => Some(Self::VectorStoreFiles),
            ("DELETE", ["openai", "v1", "vector_stores", _, "files", _]) => {
                Some(Self::VectorStoreFileDelete)
            }
            ("POST", ["openai", "v1", "vector_stores", _, "search"]) => {
                Some(Self::VectorStoreSearch)
            }
            (_, ["openai", ..]) => None,
            (method, ["notion", rest @ ..]) => Self::of_notion(method, rest),
            ("GET", ["whatsapp_business", "attachments"]) => Some(Self::MediaDownload),
            ("POST", [_, _, "messages"]) if body.get("status").is_some() => Some(Self::MarkRead),
            ("POST", [_, _, "messages"]) => Some(Self::Send),
            ("POST", [_, _, "media"]) => Some(Self::MediaUpload),
            ("GET", [_, _, "message_templates"]) => Some(Self::TemplateList),
            ("POST", [_, _, "message_templates"]) => Some(Self::TemplateSubmit),
            ("DELETE", [_, _, "message_templates"]) => Some(Self::TemplateDelete),
            ("GET", [_, _, "subscribed_apps"]) => Some(Self::SubscribedApps),
            ("GET", [_, id]) if *id == phone_number_id => Some(Self::PhoneNumber),
            ("GET", [_, _]) => Some(Self::MediaInfo),
            ("DELETE", [_, _]) => Some(Self::MediaDelete),
            _ => None,
        }
    }

    fn of_notion(method: &str, segments: &[&str]) -> Option<Self> {
        match (method, segments) {
            ("GET", ["files", _, _]) => Some(Self::NotionFileDownload),
            ("POST", ["v1", "databases"]) => Some(Self::NotionDatabaseCreate),
            ("GET", ["v1", "databases", _]) => Some(Self::NotionDatabaseRetrieve),
            ("PATCH", ["v1", "databases", _]) => Some(Self::NotionDatabaseUpdate),
            ("GET", ["v1", "data_sources", _]) => Some(Self::NotionDataSourceRetrieve),
            ("PATCH", ["v1", "data_sources", _]) => Some(Self::NotionDataSourceUpdate),
            ("POST", ["v1", "databases" | "data_sources", _, "query"]) => Some(Self::NotionQuery),
            ("POST", ["v1", "pages"]) => Some(Self::NotionPageCreate),
            ("GET", ["v1", "pages", _] | ["v1", "pages", _, "properties", _]) => {
                Some(Self::NotionPageRetrieve)
            }
            ("PATCH", ["v1", "pages", _]) => Some(Self::NotionPageUpdate),
            ("GET", ["v1", "blocks", _]) => Some(Self::NotionBlockRetrieve),
            ("PATCH", ["v1", "blocks", _]) => Some(Self::NotionBlockUpdate),
            ("DELETE", ["v1", "blocks", _]) => Some(Self::NotionBlockDelete),
            ("GET", ["v1", "blocks", _, "children"]) => Some(Self::NotionBlockChildren),
            ("PATCH", ["v1", "blocks", _, "children"]) => Some(Self::NotionBlockAppend),
            ("POST", ["v1", "comments"]) => Some(Self::NotionComment),
            ("GET", ["v1", "comments"] | ["v1", "comments", _]) => Some(Self::NotionCommentList),
            ("GET", ["v1", "users"] | ["v1", "users", _]) => Some(Self::NotionUsers),
            ("POST", ["v1", "search"]) => Some(Self::NotionSearch),
            ("POST", ["v1", "file_uploads"] | ["v1", "file_uploads", _, "send"])
            | ("GET", ["v1", "file_uploads", _]) => Some(Self::NotionFileUpload),
            _ => None,
        }
    }

    /// Whether a fault on `self` falls on `other`.
    pub(crate) fn covers(self, other: Self) -> bool {
        self == other
            || match self {
                Self::Webhook => other.is_webhook() && !other.is_notion_webhook(),
                Self::NotionWebhook => other.is_notion_webhook(),
                Self::Notion => other.is_notion(),
                _ => false,
            }
    }

    pub(crate) fn is_webhook(self) -> bool {
        matches!(
            self,
            Self::Webhook
                | Self::WebhookMessage
                | Self::WebhookStatus
                | Self::WebhookEcho
                | Self::WebhookField
        ) || self.is_notion_webhook()
    }

    fn is_notion_webhook(self) -> bool {
        matches!(self, Self::NotionWebhook | Self::NotionAutomation | Self::NotionEvent)
    }

    pub(crate) fn is_notion(self) -> bool {
        matches!(
            self,
            Self::Notion
                | Self::NotionDatabaseCreate
                | Self::NotionDatabaseRetrieve
                | Self::NotionDatabaseUpdate
                | Self::NotionDataSourceRetrieve
                | Self::NotionDataSourceUpdate
                | Self::NotionQuery
                | Self::NotionPageCreate
                | Self::NotionPageRetrieve
                | Self::NotionPageUpdate
                | Self::NotionBlockRetrieve
                | Self::NotionBlockUpdate
                | Self::NotionBlockDelete
                | Self::NotionBlockChildren
                | Self::NotionBlockAppend
                | Self::NotionComment
                | Self::NotionCommentList
                | Self::NotionUsers
                | Self::NotionSearch
                | Self::NotionFileUpload
                | Self::NotionFileDownload
        )
    }

    pub(crate) fn is_model(self) -> bool {
        self.is_of_vector_stores()
            || matches!(self, Self::Chat | Self::Embeddings | Self::Transcription | Self::Models)
    }

    pub(crate) fn is_of_vector_stores(self) -> bool {
        matches!(
            self,
            Self::FileUpload
                | Self::FileDelete
                | Self::VectorStoreCreate
                | Self::VectorStoreFileAdd
                | Self::VectorStoreFiles
                | Self::VectorStoreFileDelete
                | Self::VectorStoreSearch
        )
    }
}
