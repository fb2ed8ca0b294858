//! The few requests for which there is no client among the dependencies: those of SQS, some that
//! tests make, and the emulator's health. (`aws sqs` of the AWS CLI 1 is no way: it ignores `AWS_ENDPOINT_URL` and calls the real AWS.)
//!
//! Invariant: nothing here can reach another machine; the address is always 127.0.0.1.

use std::io;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(30);
const HEALTH_LIMIT: Duration = Duration::from_secs(3);

/// Whether the emulator on a port says that it is ready.
pub(super) async fn is_healthy(port: u16) -> bool {
    let head = format!("GET /_ministack/health HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    tokio::time::timeout(HEALTH_LIMIT, exchange(port, head))
        .await
        .is_ok_and(|answer| answer.is_ok())
}

/// Asks a service that speaks JSON for something; `action` is as in `AmazonSQS.SendMessage`.
///
/// # Errors
/// If there is no answer, or one that is not a success with a JSON body.
pub(super) async fn ask(port: u16, action: &str, request: &Value) -> io::Result<Value> {
    let body = request.to_string();
    let head = format!(
        "POST / HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nX-Amz-Target: {action}\r\n\
         Content-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = tokio::time::timeout(LIMIT, exchange(port, head)).await??;
    if answer.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&answer).map_err(io::Error::from)
}

/// Sends a request of HTTP 1.0, so that the answer ends with the connection, and returns its body.
async fn exchange(port: u16, request: String) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    body(&answer).map(str::to_owned).ok_or_else(|| io::Error::other(answer))
}

/// The body of an answer that tells of success.
fn body(answer: &str) -> Option<&str> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?;
    status.starts_with('2').then_some(body)
}

#[cfg(test)]
mod tests {
    use super::body;

    #[test]
    fn only_success_has_a_body() {
        assert_eq!(body("HTTP/1.1 200 OK\r\na: b\r\n\r\n{}\r\n\r\n"), Some("{}\r\n\r\n"));
        assert_eq!(body("HTTP/1.1 204 No Content\r\na: b\r\n\r\n"), Some(""));
        assert_eq!(body("HTTP/1.1 400 Bad Request\r\na: b\r\n\r\n{}"), None);
        assert_eq!(body("HTTP/1.1 200"), None);
    }
}
