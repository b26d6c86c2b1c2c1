//! The versions of the API and where they differ.

use axum::http::HeaderMap;

use super::error::NotionError;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// 2022-06-28: a database has the properties and the rows.
    Databases,
    /// 2025-09-03: a database holds data sources, which have the properties and the rows.
    DataSources,
    /// 2026-03-11: `position` in place of `after`, `in_trash` in place of `archived`.
    Positions,
}

impl Version {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, NotionError> {
        let Some(header) = headers.get("notion-version") else {
            return Err(NotionError::missing_version());
        };
        match header.to_str().unwrap_or_default() {
            "2022-06-28" => Ok(Self::Databases),
            "2025-09-03" => Ok(Self::DataSources),
            "2026-03-11" => Ok(Self::Positions),
            other => Err(NotionError::should(
                "headers.notion-version",
                "`\"2022-06-28\"`, `\"2025-09-03\"` or `\"2026-03-11\"`",
                &other.into(),
            )),
        }
    }

    pub(super) fn has_data_sources(self) -> bool {
        self >= Self::DataSources
    }
}
