//! A gate between a function and S3: whoever sends the one request that it waits for is left standing,
//! until it is dead.

use std::sync::{Arc, Mutex};

use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// How far a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// S3 does not hear of it.
    Before,
    /// Half of what S3 answers arrives.
    Within,
    /// It is done, and S3 is not heard.
    Behind,
}

/// The request to wait for: the first of a method whose path has that in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) part: &'static str,
    pub(crate) stop: Stop,
}

type Trap = Arc<Mutex<Option<(Request, oneshot::Sender<String>)>>>;

/// It lets everything pass but the request that it waits for.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    trap: Trap,
}

impl Gate {
    /// A gate in front of a port of this machine.
    pub(crate) async fn before(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let gate = Gate { port: listener.local_addr().unwrap().port(), trap: Trap::default() };
        let trap = Arc::clone(&gate.trap);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                // Either may go away at any time: that is what all this is about.
                tokio::spawn(pass(client, server, Arc::clone(&trap)));
            }
        });
        gate
    }

    /// Waits for a request from now on; what is received is its path, once it is stopped.
    pub(crate) fn wait_for(&self, request: Request) -> oneshot::Receiver<String> {
        let (sender, receiver) = oneshot::channel();
        *self.trap.lock().unwrap() = Some((request, sender));
        receiver
    }
}

/// Passes one request on, and what is answered.
async fn pass(client: TcpStream, mut server: TcpStream, trap: Trap) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    let head = head(&mut client).await?;
    let Some((stop, told)) = caught(&trap, &head) else {
        server.write_all(&only(&head)).await?;
        return copy_bidirectional(&mut client, &mut server).await.map(|_| ());
    };
    if stop != Stop::Before {
        server.write_all(&only(&head)).await?;
        // Whoever asked may be gone before half of it has arrived; then that is how far it came.
        let _ = answer(&mut client, server, stop).await;
    }
    told();
    // The end of the connection is the end of who asked.
    while client.read(&mut [0; 4096]).await? > 0 {}
    Ok(())
}

/// Whether a request is the one that is waited for; it is told of by a call.
fn caught(trap: &Trap, head: &str) -> Option<(Stop, impl FnOnce() + use<>)> {
    let mut words = head.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let mut trap = trap.lock().unwrap();
    let (request, _) = trap.as_ref()?;
    if request.method != method || !path.contains(request.part) {
        return None;
    }
    let (request, sender) = trap.take()?;
    let path = path.to_owned();
    Some((request.stop, move || drop(sender.send(path))))
}

/// Lets S3 do it, and hands on as much of the answer as may arrive.
async fn answer(
    client: &mut BufReader<TcpStream>,
    server: TcpStream,
    stop: Stop,
) -> std::io::Result<()> {
    let (server, mut to_server) = server.into_split();
    let mut server = BufReader::new(server);
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let answer = async {
        let head = head(&mut server).await?;
        if stop == Stop::Behind {
            return Ok(());
        }
        let byte_len = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<u64>().ok())?
        });
        to_client.write_all(head.as_bytes()).await?;
        let half = byte_len.unwrap_or_default() / 2;
        tokio::io::copy(&mut server.take(half), &mut to_client).await.map(|_| ())
    };
    tokio::select! {
        done = answer => done,
        // The body of the request, which ends when its sender does.
        Err(error) = tokio::io::copy(&mut from_client, &mut to_server) => Err(error),
    }
}

/// The head of a message, with the empty line behind it.
async fn head(stream: &mut BufReader<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

/// The head of a request that is the only one of its connection, so that none passes unseen.
fn only(head: &str) -> Vec<u8> {
    let (line, rest) = head.split_once("\r\n").unwrap();
    let rest = rest.split_inclusive("\r\n");
    let is_kept = |line: &&str| !line.to_ascii_lowercase().starts_with("connection:");
    let rest: String = rest.filter(is_kept).collect();
    format!("{line}\r\nConnection: close\r\n{rest}").into_bytes()
}
