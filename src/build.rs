//! What the linker is told: to pack the relocations (RELR). Unpacked they are a table of 1.6 MiB, every
//! page of which the loader reads at each start, and which then stays in the memory of an idle server.

use std::process::Command;

/// The first glibc that reads them; whoever has it has a linker that writes them.
const SINCE: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    if is_native_glibc() && glibc().is_some_and(|version| version >= SINCE) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Whether what is built runs on a system like this one.
#[expect(clippy::disallowed_methods, reason = "Cargo's own variables")]
fn is_native_glibc() -> bool {
    let [host, target] = ["HOST", "TARGET"].map(|name| std::env::var(name).unwrap_or_default());
    host == target && target.ends_with("-linux-gnu")
}

fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
