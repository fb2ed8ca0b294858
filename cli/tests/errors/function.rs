//! A function that panics, run by the Lambda runtime against a Runtime API of our own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

const API: &str = "AWS_LAMBDA_RUNTIME_API";

/// What the runtime reports of payloads, if the test of that name is the function. The first payload
/// is to be a text, at which the function panics.
///
/// The test runs again in a process of its own, where it finds the Runtime API and is the function.
pub(crate) fn error_types(test: &str, payloads: &[&str]) -> Vec<String> {
    if std::env::var_os(API).is_some() {
        be_the_function();
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut function = Command::new(std::env::current_exe().unwrap());
    function.args(["--exact", test]).stdout(Stdio::null()).stderr(Stdio::null());
    function.env(API, listener.local_addr().unwrap().to_string());
    for name in ["FUNCTION_NAME", "FUNCTION_VERSION", "LOG_STREAM_NAME", "LOG_GROUP_NAME"] {
        function.env(format!("AWS_LAMBDA_{name}"), "panics");
    }
    function.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
    let function = Running(function.spawn().unwrap());
    let reported = serve(&listener, payloads);
    drop(function);
    reported
}

fn be_the_function() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let function = service_fn(async |event: LambdaEvent<String>| -> Result<Value, Error> {
        panic!("{}", event.payload)
    });
    runtime.block_on(run(function)).unwrap();
}

/// It ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Hands out the payloads, one after the other, and collects the types of the errors that come back.
fn serve(listener: &TcpListener, payloads: &[&str]) -> Vec<String> {
    let (mut payloads, mut reported) = (payloads.iter(), Vec::new());
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let (line, body) = request(&stream);
        if line.starts_with("GET") {
            let Some(payload) = payloads.next() else { break };
            answer(&mut stream, payload);
        } else {
            let error: Value = serde_json::from_slice(&body).unwrap();
            reported.push(error["errorType"].as_str().unwrap().to_owned());
            answer(&mut stream, "{}");
        }
    }
    reported
}

/// The first line and the body of a request.
fn request(stream: &TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut len) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            len = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body).unwrap();
    (first, body)
}

fn answer(stream: &mut TcpStream, body: &str) {
    let len = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {len}\r\nConnection: close\r\n\
         Lambda-Runtime-Aws-Request-Id: 1\r\nLambda-Runtime-Deadline-Ms: 9999999999999\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes()).unwrap();
}
