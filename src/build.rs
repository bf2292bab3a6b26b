//! What the linker is told, so that an idle server holds little memory:
//!
//! - to pack the relocations (RELR). Unpacked they are a table of 1.6 MiB, every page of which the loader
//!   reads at each start, and which then stays in memory;
//! - to put the functions beside each other that run at a start, and before them those that requests run
//!   (`order.ld`). The kernel maps sixteen pages around each one that is touched: where they lie all over
//!   the program, most of it is in memory.

use std::path::PathBuf;
use std::process::Command;

/// The first glibc that reads them; whoever has it has a linker that writes them.
const SINCE: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    if is_native_glibc() && glibc().is_some_and(|version| version >= SINCE) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    println!("cargo::rerun-if-changed=src/order.ld");
    if is_release() && has_lld() {
        let script = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("src/order.ld");
        // Not by `-Wl`, which takes a path apart at its commas.
        println!("cargo::rustc-link-arg-bins=-T");
        println!("cargo::rustc-link-arg-bins={}", script.display());
    }
}

#[expect(clippy::disallowed_methods, reason = "Cargo's own variables")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Elsewhere functions are in the order in which they were compiled.
fn is_release() -> bool {
    variable("PROFILE") == "release"
}

/// Whether the linker is LLVM's, as Rust has it here by itself: others know no such script, or read it for
/// minutes.
fn has_lld() -> bool {
    let is_chosen = !variable("RUSTC_LINKER").is_empty()
        || ["linker", "fuse-ld"]
            .iter()
            .any(|flag| variable("CARGO_ENCODED_RUSTFLAGS").contains(flag));
    variable("TARGET") == "x86_64-unknown-linux-gnu" && !is_chosen
}

/// Whether what is built runs on a system like this one.
fn is_native_glibc() -> bool {
    let [host, target] = ["HOST", "TARGET"].map(variable);
    host == target && target.ends_with("-linux-gnu")
}

fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
