//! `cargo xtask dev`: the gateway on this machine, its state kept between runs.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use base64ct::{Base64, Encoding as _};

use crate::checkout::Checkout;
use crate::process::{node, say};
use crate::worker_build;

/// How often to ask whether the gateway is up, and for how long: 60 s in all.
const POLL: Duration = Duration::from_millis(100);
const POLLS: u32 = 600;

/// Builds the gateway, starts it under `workerd` and stays until it ends or Ctrl-C is pressed.
pub(crate) fn serve(checkout: &Checkout, port: u16) -> Result<()> {
    worker_build::build(checkout)?;
    let state = State::open(checkout.path(".hookward/dev"))?;
    let _alone = state.lock()?;
    let mut gateway = start(checkout, &state, port)?;
    // Ctrl-C ends this process at once. The guard between us and wrangler sees its input close
    // then, and ends wrangler and workerd; SQLite makes that safe for the state. Taken out, since
    // `wait` would close it first.
    let _until_we_end = gateway.stdin.take();
    wait_until_up(&mut gateway, port)?;
    print_guide(port);
    let status = gateway.wait()?;
    bail!("the gateway ended by itself ({status})")
}

/// The folder that holds everything of the development gateway, its secrets included.
struct State {
    folder: PathBuf,
}

impl State {
    /// Opens the folder; on the first run, makes it and the secrets in it.
    fn open(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let state = Self { folder };
        let token = state.folder.join("admin-token");
        if !token.exists() || !state.vars().exists() {
            // Another master key cannot read what the last one sealed: both are made together.
            let mut random = [0_u8; 64];
            getrandom::fill(&mut random).map_err(|error| anyhow!("no randomness: {error}"))?;
            let (token_bytes, key_bytes) = random.split_at(32);
            let (admin, master) = (hex::encode(token_bytes), Base64::encode_string(key_bytes));
            say("making an admin token and a master key for development");
            let vars = format!(
                "HOOKWARD_ADMIN_TOKEN=\"{admin}\"\n\
                 HOOKWARD_MASTER_KEY=\"{master}\"\n\
                 HOOKWARD_ALLOW_LOOPBACK=\"true\"\n"
            );
            write_private(&state.vars(), &vars)?;
            write_private(&token, &admin)?;
        }
        Ok(state)
    }

    /// Keeps a second gateway off the same state until the file is dropped.
    fn lock(&self) -> Result<File> {
        let file = File::create(self.folder.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                bail!("another `cargo xtask dev` runs on {}: end it first", self.folder.display())
            }
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// What the gateway is configured with, as an env file.
    fn vars(&self) -> PathBuf {
        self.folder.join("vars.env")
    }
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, content: &str) -> Result<()> {
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(content.as_bytes())
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

fn start(checkout: &Checkout, state: &State, port: u16) -> Result<Child> {
    if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
        bail!("port {port} is taken; give another with `cargo xtask dev --port N`");
    }
    let inspector = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    // The guard leads a process group of its own and ends all of it when its input closes, however
    // we end.
    let mut command = node(checkout, &checkout.path("tests/harness/process.mjs"));
    command
        .arg(checkout.node())
        .args(["--no-warnings".as_ref(), checkout.npm_file("wrangler/bin/wrangler.js").as_os_str()])
        .args(["dev", "--show-interactive-dev-session=false", "--test-scheduled"])
        .args(["--ip", "127.0.0.1", "--port", &port.to_string()])
        .args(["--inspector-port", &inspector.to_string()])
        .args(["--log-level", "log"])
        .args(["--config".as_ref(), checkout.path("worker/wrangler.jsonc").as_os_str()])
        .args(["--env-file".as_ref(), state.vars().as_os_str()])
        .args(["--persist-to".as_ref(), state.folder.join("state").as_os_str()])
        .stdin(Stdio::piped())
        .process_group(0);
    stay_local(&mut command, &state.folder);
    say("starting the gateway");
    command.spawn().context("wrangler could not be started")
}

/// Keeps wrangler from calling home, asking questions and writing outside the state folder.
pub(crate) fn stay_local(command: &mut Command, folder: &Path) {
    command
        .env("CI", "true")
        .env("WRANGLER_SEND_METRICS", "false")
        .env("WRANGLER_SEND_ERROR_REPORTS", "false")
        .env("WRANGLER_HIDE_BANNER", "true")
        // It would keep traces, with all URLs, beside the state.
        .env("X_LOCAL_OBSERVABILITY", "false")
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("NO_UPDATE_NOTIFIER", "1")
        .env("WRANGLER_LOG_PATH", folder.join("logs"))
        .env("WRANGLER_REGISTRY_PATH", folder.join("registry"))
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("MINIFLARE_CACHE_DIR", folder.join("cache"));
}

fn wait_until_up(gateway: &mut Child, port: u16) -> Result<()> {
    for _ in 0..POLLS {
        if let Some(status) = gateway.try_wait()? {
            bail!("the gateway did not start ({status}); the reason is above");
        }
        if is_healthy(port) {
            return Ok(());
        }
        thread::sleep(POLL);
    }
    bail!("the gateway did not answer within a minute")
}

/// Whether `GET /healthz` answers 200.
fn is_healthy(port: u16) -> bool {
    let ask = || -> io::Result<String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0_u8; 12];
        stream.read_exact(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    ask().is_ok_and(|answer| answer == "HTTP/1.1 200")
}

fn print_guide(port: u16) {
    println!(
        r#"
The gateway is up; a change to its sources is built and loaded. Ctrl-C ends it; what it stored stays
in .hookward/dev, the admin token is in .hookward/dev/admin-token. Providers post to the `ingest_url` of a source. To try it, in another
terminal of this checkout:

  GATEWAY=http://127.0.0.1:{port}
  TOKEN=$(cat .hookward/dev/admin-token)
  SECRET=whsec_a_secret_from_your_providers_dashboard
  api() {{ curl -sS -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' "$@"; echo; }}
  field() {{ node -pe 'JSON.parse(require("fs").readFileSync(0))[process.argv[1]]' "$1"; }}

  # Where events go: a server of yours (port 3000 here). The answer holds its signing secret, this once.
  ANSWER=$(api $GATEWAY/v1/destinations -d '{{"name":"my server","url":"http://127.0.0.1:3000/hooks","sources":["*"],"events":["*"]}}')
  DST=$(echo "$ANSWER" | field id)
  echo "It verifies by standard-webhooks, with the secret $(echo "$ANSWER" | field secret)"

  # A way in for one provider.
  INGEST=$(api $GATEWAY/v1/sources -d '{{"name":"my tinyposter","provider":"tinyposter","secrets":["'$SECRET'"]}}' | field ingest_url)

  # What the provider would send.
  BODY='{{"id":"evt_1","type":"post.published","created":"2026-01-02T03:04:05.678Z","data":{{"post":{{"id":"p1"}}}}}}'
  T=$(date +%s)
  V1=$(printf '%s.%s' "$T" "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
  curl -sS "$INGEST" -H 'Content-Type: application/json' -H "X-Tinyposter-Signature: t=$T,v1=$V1" -d "$BODY"; echo

  # What became of it.
  api $GATEWAY/v1/destinations/$DST/deliveries
"#
    );
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn secrets_are_private_and_made_once() {
        let folder = std::env::temp_dir().join(format!("xtask-dev-{}", std::process::id()));
        let state = State::open(folder.clone()).unwrap();
        let token = folder.join("admin-token");
        let first = fs::read_to_string(&token).unwrap();
        assert_eq!(first.len(), 64);
        for file in [&token, &state.vars()] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let vars = fs::read_to_string(state.vars()).unwrap();
        assert!(vars.contains(&format!("HOOKWARD_ADMIN_TOKEN=\"{first}\"\n")));

        State::open(folder.clone()).unwrap();
        assert_eq!(fs::read_to_string(&token).unwrap(), first);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn one_gateway_at_a_time_has_the_state() {
        let folder = std::env::temp_dir().join(format!("xtask-dev-lock-{}", std::process::id()));
        let state = State::open(folder.clone()).unwrap();
        let held = state.lock().unwrap();
        assert!(state.lock().unwrap_err().to_string().starts_with("another `cargo xtask dev`"));
        drop(held);
        state.lock().unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }
}
