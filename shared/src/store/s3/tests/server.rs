//! One object behind the requests of S3.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{
    CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderValue, IF_MATCH, IF_NONE_MATCH, RANGE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::super::S3Store;

/// How a server answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Habit {
    /// As S3 does.
    Ranges,
    /// With the whole object, always.
    IgnoresRanges,
    /// With an error, to what starts there or behind it.
    Refuses { from: u64 },
    /// With half of what it promises, to what starts there or behind it.
    BreaksOff { from: u64 },
    /// Of another version, to what starts there or behind it.
    Changes { from: u64 },
    /// With that status to what is put.
    Puts(u16),
    /// With an error to the part of that number, counted from 1.
    LosesPart(u32),
}

/// A server until it is dropped.
pub(super) struct Server {
    store: S3Store,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

struct State {
    body: Bytes,
    habit: Habit,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: Vec<String>,
    parts: BTreeMap<u32, Bytes>,
    written: Option<Bytes>,
    is_aborted: bool,
    /// `If-Match` and `If-None-Match` of what was put last.
    conditions: [Option<HeaderValue>; 2],
}

type Answer = Response<StreamBody<BoxStream<'static, io::Result<Frame<Bytes>>>>>;

impl Server {
    /// Serves `body` under every key but `no/such`.
    pub(super) async fn start(body: Bytes, habit: Habit) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State { body, habit, seen: Mutex::default() });
        let task = tokio::spawn(serve(listener, Arc::clone(&state)));
        Server { store: store(endpoint), state, task }
    }

    pub(super) fn store(&self) -> S3Store {
        self.store.clone()
    }

    /// Method and target of each request, in order.
    pub(super) fn requests(&self) -> Vec<String> {
        self.state.seen.lock().unwrap().requests.clone()
    }

    /// The object that was put.
    pub(super) fn written(&self) -> Option<Bytes> {
        self.state.seen.lock().unwrap().written.clone()
    }

    /// `If-Match` and `If-None-Match` of what was put last.
    pub(super) fn conditions(&self) -> [Option<HeaderValue>; 2] {
        self.state.seen.lock().unwrap().conditions.clone()
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.state.seen.lock().unwrap().is_aborted
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn store(endpoint: String) -> S3Store {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .allow_no_auth()
        .retry_config(RetryConfig::disabled())
        .build();
    let [input, reference, output] = ["input", "reference", "output"].map(str::to_owned);
    S3Store { client: aws_sdk_s3::Client::from_conf(config), input, reference, output }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    while let Ok((connection, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        let service = service_fn(move |request| {
            let state = Arc::clone(&state);
            async move { Ok::<_, Infallible>(state.answer(request).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
    }
}

impl State {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let line = format!("{} {}", request.method(), request.uri());
        self.seen.lock().unwrap().requests.push(line);
        match *request.method() {
            Method::GET => self.get(&request),
            Method::POST if query(&request, "uploads").is_some() => {
                let id = "<InitiateMultipartUploadResult><UploadId>u</UploadId>\
                          </InitiateMultipartUploadResult>";
                full(StatusCode::OK, id)
            }
            Method::POST => self.complete(),
            Method::DELETE => {
                self.seen.lock().unwrap().is_aborted = true;
                full(StatusCode::NO_CONTENT, "")
            }
            _ => self.put(request).await,
        }
    }

    fn get(&self, request: &Request<Incoming>) -> Answer {
        if request.uri().path().ends_with("no/such") {
            return full(StatusCode::NOT_FOUND, "");
        }
        if self.habit == Habit::IgnoresRanges {
            let body = self.body.clone();
            let answer = Response::builder().header(ETAG, "\"1\"");
            return answer.header(CONTENT_LENGTH, body.len()).body(whole(body)).unwrap();
        }
        let len = self.body.len() as u64;
        let Range { start, end } = asked(request);
        if start >= len {
            return full(StatusCode::RANGE_NOT_SATISFIABLE, "");
        }
        let end = end.min(len);
        let is_changed = matches!(self.habit, Habit::Changes { from } if start >= from);
        let etag = if is_changed { "\"2\"" } else { "\"1\"" };
        if request.headers().get(IF_MATCH).is_some_and(|wanted| wanted != etag) {
            return full(StatusCode::PRECONDITION_FAILED, "");
        }
        let [from, to] = [start, end].map(|at| usize::try_from(at).unwrap());
        let body = self.body.slice(from..to);
        if matches!(self.habit, Habit::Refuses { from } if start >= from) {
            return full(StatusCode::SERVICE_UNAVAILABLE, "");
        }
        let breaks_off = matches!(self.habit, Habit::BreaksOff { from } if start >= from);
        let half = body.slice(..body.len() / 2);
        let body = if breaks_off { broken(half) } else { whole(body) };
        Response::builder()
            .status(StatusCode::PARTIAL_CONTENT)
            .header(ETAG, etag)
            .header(CONTENT_LENGTH, end - start)
            .header(CONTENT_RANGE, format!("bytes {start}-{}/{len}", end - 1))
            .body(body)
            .unwrap()
    }

    async fn put(&self, request: Request<Incoming>) -> Answer {
        if let Habit::Puts(status) = self.habit {
            return full(StatusCode::from_u16(status).unwrap(), "");
        }
        let conditions = [IF_MATCH, IF_NONE_MATCH].map(|name| request.headers().get(name).cloned());
        self.seen.lock().unwrap().conditions = conditions;
        let number = query(&request, "partNumber").map(|number| number.parse::<u32>().unwrap());
        let body = request.into_body().collect().await.unwrap().to_bytes();
        match number {
            Some(number) if self.habit == Habit::LosesPart(number) => {
                return full(StatusCode::SERVICE_UNAVAILABLE, "");
            }
            Some(number) => drop(self.seen.lock().unwrap().parts.insert(number, body)),
            None => self.seen.lock().unwrap().written = Some(body),
        }
        Response::builder().header(ETAG, "\"p\"").body(whole(Bytes::new())).unwrap()
    }

    fn complete(&self) -> Answer {
        let mut seen = self.seen.lock().unwrap();
        let parts: Vec<_> = seen.parts.values().cloned().collect();
        seen.written = Some(parts.concat().into());
        full(StatusCode::OK, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")
    }
}

/// The range of a request: 0-based, half-open.
fn asked(request: &Request<Incoming>) -> Range<u64> {
    let range = request.headers().get(RANGE).expect("every request has a range");
    let range = range.to_str().unwrap().strip_prefix("bytes=").unwrap();
    let (start, last) = range.split_once('-').unwrap();
    start.parse().unwrap()..last.parse::<u64>().unwrap() + 1
}

fn query<'a>(request: &'a Request<Incoming>, name: &str) -> Option<&'a str> {
    let query = request.uri().query()?.split('&');
    let mut pairs = query.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn full(status: StatusCode, text: &'static str) -> Answer {
    Response::builder().status(status).body(whole(Bytes::from_static(text.as_bytes()))).unwrap()
}

fn whole(body: Bytes) -> StreamBody<BoxStream<'static, io::Result<Frame<Bytes>>>> {
    StreamBody::new(stream::iter([Ok(Frame::data(body))]).boxed())
}

/// A body that ends in an error, so that the connection does.
fn broken(body: Bytes) -> StreamBody<BoxStream<'static, io::Result<Frame<Bytes>>>> {
    let error = Err(io::ErrorKind::ConnectionReset.into());
    StreamBody::new(stream::iter([Ok(Frame::data(body)), error]).boxed())
}
