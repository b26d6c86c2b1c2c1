//! Where the embedded file and the files of customers lie.

use std::io;
use std::path::Path;

use runtime::Settings;
use runtime::settings::FilePlace;

use super::Finding;

/// Below this an embedded file and its journal soon have no room.
const LOW_MB: u64 = 1024;
const NONE_MB: u64 = 100;
const REACH: &str = "see that RELEVO_DATA_DIR is a folder in which this user may write";

pub(super) fn check(settings: &Settings) -> Vec<Finding> {
    const CHECK: &str = "disk";
    let keeps_here =
        settings.uses_embedded() || matches!(settings.storage.place, FilePlace::Embedded);
    if !keeps_here {
        return vec![Finding::well(CHECK, "nothing is kept on this machine")];
    }
    let dir = &settings.data_dir;
    // A folder that is not there yet is made on the disk of the nearest one that is.
    let there = dir.ancestors().find(|one| one.exists()).unwrap_or(Path::new("."));
    let room = match rustix::fs::statvfs(there) {
        Err(error) => Finding::failed(CHECK, format!("{}: {error}", there.display()), REACH),
        Ok(free) => {
            let free_mb = free.f_bavail.saturating_mul(free.f_frsize) / (1024 * 1024);
            room(free_mb, dir)
        }
    };
    vec![room, folder(dir, there)]
}

fn room(free_mb: u64, dir: &Path) -> Finding {
    const CHECK: &str = "disk";
    let says = format!("{free_mb} MB free for {}", dir.display());
    let remedy = "make room, or move RELEVO_DATA_DIR to a larger disk";
    match free_mb {
        ..NONE_MB => Finding::failed(CHECK, says, remedy),
        NONE_MB..LOW_MB => Finding::warning(CHECK, says, remedy),
        _ => Finding::well(CHECK, says),
    }
}

/// Whether it can be written, or made.
fn folder(dir: &Path, there: &Path) -> Finding {
    const CHECK: &str = "folder";
    let name = there.join(format!(".relevo-doctor-{}", std::process::id()));
    let written = || -> io::Result<()> {
        std::fs::File::create_new(&name)?;
        std::fs::remove_file(&name)
    };
    match written() {
        Ok(()) => Finding::well(CHECK, format!("{} can be written", dir.display())),
        Err(error) => {
            Finding::failed(CHECK, format!("{} can't be written: {error}", dir.display()), REACH)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Health;
    use super::*;

    #[test]
    fn a_disk_that_is_nearly_full_is_said_before_it_is_full() {
        for (free_mb, state) in
            [(5_000, Health::Well), (500, Health::Warning), (50, Health::Failed)]
        {
            assert_eq!(room(free_mb, Path::new("data")).state, state, "{free_mb} MB");
        }
    }
}
