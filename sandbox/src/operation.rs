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
            ("GET", ["whatsapp_business", "attachments"]) => Some(Self::MediaDownload),
            ("POST", [_, _, "messages"]) if body.get("status").is_some() => Some(Self::MarkRead),
            ("POST", [_, _, "messages"]) => Some(Self::Send),
            ("POST", [_, _, "media"]) => Some(Self::MediaUpload),
            ("GET", [_, _, "message_templates"]) => Some(Self::TemplateList),
            ("POST", [_, _, "message_templates"]) => Some(Self::TemplateSubmit),
            ("DELETE", [_, _, "message_templates"]) => Some(Self::TemplateDelete),
            ("GET", [_, id]) if *id == phone_number_id => Some(Self::PhoneNumber),
            ("GET", [_, _]) => Some(Self::MediaInfo),
            ("DELETE", [_, _]) => Some(Self::MediaDelete),
            _ => None,
        }
    }

    /// Whether a fault on `self` falls on `other`.
    pub(crate) fn covers(self, other: Self) -> bool {
        self == other || (self == Self::Webhook && other.is_webhook())
    }

    pub(crate) fn is_webhook(self) -> bool {
        matches!(
            self,
            Self::Webhook
                | Self::WebhookMessage
                | Self::WebhookStatus
                | Self::WebhookEcho
                | Self::WebhookField
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
