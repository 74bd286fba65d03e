//! `hygiene/foreign-dpkg-db`

use super::super::{Context, declare_rule, words};
use crate::finding::{Judgement, Level};
use crate::vfs::{LayerPath, NodeId, Set};

declare_rule! {
    /// No other image's package database was copied in
    ///
    /// # What it checks
    /// Where the base notes its packages in `/var/lib/dpkg/status.d`, as distroless does, `/var/lib/dpkg` holds nothing else.
    ///
    /// # Why
    /// `COPY --from=builder /var/lib /var/lib` copies the builder's database for the sake of one marker. Scanners then report
    /// the builder's packages, with their vulnerabilities, in an image that has none of them.
    ///
    /// # Symptom
    /// A scanner that finds perl and gcc; tens of megabytes.
    ///
    /// # Fix
    /// Copy the one file that is wanted: `COPY --from=builder /var/lib/.keep /var/lib/.keep`.
    ///
    /// # Options
    /// None.
    RULE = "hygiene/foreign-dpkg-db", Lean, Warn, since "0.1.0", needs Tree,
    unit "file of the package database is the base's" | "files of the package database are the base's", check check
}

const DATABASE: &str = "/var/lib/dpkg";
const NOTES: &[u8] = b"status.d";

fn check(context: &Context<'_>) -> Judgement {
    let tree = context.tree;
    let database = tree.resolve(&LayerPath::new(DATABASE)).ok();
    let notes = database.and_then(|database| tree.child(database, NOTES)).filter(|notes| tree.children(*notes).next().is_some());
    let (Some(database), Some(notes)) = (database, notes) else {
        return Judgement::skip("the base has no notes of its packages in /var/lib/dpkg/status.d");
    };
    let own: Set<NodeId> = tree.walk(notes).filter(|node| tree.trace(*node).is_some()).collect();
    let all = tree.walk(database).filter(|node| tree.trace(*node).is_some());
    let foreign: Vec<NodeId> = all.filter(|node| !own.contains(*node)).collect();
    let groups = context.crowd(foreign.iter().map(|node| (*node, ())));
    let findings = groups.iter().map(|(group, nodes)| {
        let files = words::count(group.count(), "file", "files");
        let bytes = words::bytes(context.weight(nodes));
        let message = format!("{files} of another image's package database, {bytes} (first: {})", group.first());
        let fix = "copy the one file that is wanted: COPY --from=builder /var/lib/.keep /var/lib/.keep";
        group.finding(Level::Warn, message, fix)
    });
    Judgement::looked(own.len() + foreign.len(), findings.collect())
}
