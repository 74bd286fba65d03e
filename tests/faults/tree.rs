//! What becomes of layers laid over each other, and of what rules read there.

#[path = "tree/cases.rs"]
mod cases;
#[path = "tree/looks.rs"]
mod looks;
#[path = "tree/mounts.rs"]
mod mounts;

use cases::CASES;
use looks::*;
use mounts::hold;

use crate::table::{Row, rows};

/// Rows that are nothing but their cases.
macro_rules! mounted {
    ($($id:ident $name:ident;)*) => { $(
        fn $name(row: &Row) {
            hold(row, stringify!($id), CASES);
        }
    )* };
}
mounted! {
    V01 written_and_hidden;
    V02 hidden_and_made_again;
    V03 hidden_and_written_below;
    V04 opaque_marks;
    V05 an_opaque_root;
    V06 opaque_with_whiteouts;
    V08 whiteouts_of_nothing;
    V09 through_a_lower_link;
    V10 a_directory_over_a_link;
    V11 through_a_link_of_its_own;
    V12 linked_to_a_lower_file;
    V13 linked_to_nothing;
    V14 linked_and_written_again;
    V15 one_of_two_names;
    V16 below_a_lower_file;
    V17 below_a_file_of_its_own;
    V18 one_thing_for_another;
    V19 parents_that_no_entry_names;
    V21 the_device_of_a_whiteout;
    V22 out_of_the_root;
}

rows! {
    V01 "A file, and its whiteout, in one layer" => written_and_hidden;
    V02 "A whiteout of a directory, and the directory, in one layer" => hidden_and_made_again;
    V03 "A whiteout of a directory, and files in it" => hidden_and_written_below;
    V04 "An opaque mark, wherever it stands" => opaque_marks;
    V05 "An opaque mark on the root" => an_opaque_root;
    V06 "An opaque mark, and whiteouts below it" => opaque_with_whiteouts;
    V07 "A whiteout that names no file" => whiteouts_without_a_name;
    V08 "A whiteout where nothing is" => whiteouts_of_nothing;
    V09 "A path through a link of a lower layer" => through_a_lower_link;
    V10 "A directory in the place of a link" => a_directory_over_a_link;
    V11 "A path through a link of the same layer" => through_a_link_of_its_own;
    V12 "A hard link to a file of a lower layer" => linked_to_a_lower_file;
    V13 "A hard link to nothing" => linked_to_nothing;
    V14 "A hard link whose target comes again" => linked_and_written_again;
    V15 "Two names of a file, one of them replaced" => one_of_two_names;
    V16 "A path below a file of a lower layer" => below_a_lower_file;
    V17 "A path below a file of the same layer" => below_a_file_of_its_own;
    V18 "One thing in the place of another" => one_thing_for_another;
    V19 "Parents that no entry names" => parents_that_no_entry_names;
    V20 "Every spelling of a path" => spellings;
    V21 "A character device 0:0" => the_device_of_a_whiteout;
    V22 "Paths that lead out of the root, or would" => out_of_the_root;
    V23 "Whiteouts of names that sort before a dot" => names_before_a_dot;
    V24 "Names that look like whiteouts" => whiteouts_by_name_alone;
    V25 "A marker below `/var/run`, which is a link in the base" => marker_below_a_link;
    V26 "A compiler behind links" => compiler_behind_links;
    V27 "Links that lead round, up and out" => links_that_lead_round;
    V28 "What a marker can be" => markers;
    V29 "A compiler that a later layer removes" => removed_and_still_shipped;
    V30 "Packages that an opaque mark hides" => hidden_packages;
    V31 "Owners of directories that no entry names, and of copies" => owners;
    V32 "Two names of one file" => two_names;
    V33 "The root and its mode" => the_root;
    V34 "A file, then a directory, then a file" => file_directory_file;
}

#[test]
fn linux_mounts_what_is_worked_out() {
    mounts::linux_agrees(CASES);
}

#[test]
fn umoci_unpacks_what_the_specification_says() {
    mounts::umoci_agrees(CASES);
}
