//! Pages that an operator names.

use std::time::Duration;

use clients::page::{Address, Error, Options, Page, Pages, Reach};

use crate::server::{Reply, Server, nowhere, text};

const TIMEOUT: Duration = Duration::from_secs(10);

fn pages(reach: Reach) -> Pages {
    Pages::new(Options { timeout: TIMEOUT, at_most: 1024, reach }).unwrap()
}

async fn fetch(url: &str) -> Result<Page, Error> {
    pages(Reach::Anywhere).fetch(&url.parse().unwrap()).await
}

fn answer(headers: &[(&'static str, &'static str)], status: u16, body: &str) -> Reply {
    Reply::Answer(status, headers.to_vec(), body.to_owned())
}

#[tokio::test]
async fn a_page_is_fetched_with_its_type_and_its_letters() {
    let moved = answer(&[("location", "/nueva/guia.html?x=1")], 301, "");
    let page = answer(&[("content-type", "text/html; charset=ISO-8859-1")], 200, "<p>Hola");
    let server = Server::playing([moved, page]).await;
    let page = fetch(&format!("{}/vieja#parte", server.url)).await.unwrap();
    assert_eq!(page.path, "/nueva/guia.html");
    assert_eq!(page.mime_type.as_deref(), Some("text/html"));
    assert_eq!(page.charset.as_deref(), Some("ISO-8859-1"));
    assert_eq!(page.bytes, "<p>Hola");
    let requests = server.requests();
    let paths: Vec<&str> = requests.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["/vieja", "/nueva/guia.html"]);
    assert!(requests.iter().all(|one| one.method == "GET" && one.authorization.is_none()));
    assert!(requests[0].user_agent.as_deref().unwrap().starts_with("relevo/"));
}

#[tokio::test]
async fn what_is_not_public_is_not_asked_not_even_by_a_redirect_or_a_name() {
    let server = Server::playing([text(200, "secreto")]).await;
    let port = server.url.rsplit_once(':').unwrap().1;
    let hosts = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0x7f000001"];
    for host in hosts {
        let address: Address = format!("http://{host}:{port}/").parse().unwrap();
        let error = pages(Reach::Public).fetch(&address).await.unwrap_err();
        assert!(matches!(error, Error::Private), "{host}: {error:?}");
        assert!(error.to_string().contains("--allow-private"));
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_leads_on_only_so_often_and_only_to_pages() {
    let server = Server::playing([answer(&[("location", "/otra")], 302, "")]).await;
    assert!(matches!(fetch(&server.url).await, Err(Error::Redirects { at_most: 5 })));
    assert_eq!(server.requests().len(), 6);
    for (to, expected) in
        [("ftp://example.com/a", "must begin with https://"), ("http://a:b@c/", "the password")]
    {
        server.play([answer(&[("location", to)], 302, "")]);
        let error = fetch(&server.url).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    server.play([answer(&[], 302, "")]);
    assert!(matches!(fetch(&server.url).await, Err(Error::Refused { status: 302 })));
}

#[tokio::test]
async fn what_cant_be_had_says_why() {
    let server = Server::playing([text(404, "")]).await;
    assert!(matches!(fetch(&server.url).await, Err(Error::Gone { status: 404 })));
    server.play([text(410, "")]);
    assert!(matches!(fetch(&server.url).await, Err(Error::Gone { status: 410 })));
    server.play([text(503, "")]);
    assert!(matches!(fetch(&server.url).await, Err(Error::Refused { status: 503 })));
    server.play([answer(&[("content-encoding", "gzip")], 200, "x")]);
    assert!(matches!(fetch(&server.url).await, Err(Error::Packed)));
    server.play([text(200, &"a".repeat(1025))]);
    assert!(matches!(fetch(&server.url).await, Err(Error::TooLarge { .. })));
    server.play([Reply::Endless]);
    assert!(matches!(fetch(&server.url).await, Err(Error::TooLarge { .. })));
    server.play([Reply::Cut]);
    assert!(matches!(fetch(&server.url).await, Err(Error::Interrupted(_))));
    let nowhere = nowhere();
    assert!(matches!(fetch(&nowhere.url).await, Err(Error::Interrupted(_))));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_without_end() {
    let server = Server::playing([Reply::Silence]).await;
    let timeout = Duration::from_millis(200);
    let pages = Pages::new(Options { timeout, at_most: 1024, reach: Reach::Anywhere }).unwrap();
    let error = pages.fetch(&server.url.parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::TooLong { .. }), "{error:?}");
}
