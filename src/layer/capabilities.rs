//! File capabilities as the extended attribute `security.capability` holds them (capabilities(7), "File capability extended
//! attribute versioning"; `struct vfs_cap_data` of linux/capability.h).

/// By their numbers.
#[rustfmt::skip]
const NAMES: [&str; 41] = [
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "linux_immutable",
    "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot",
    "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease",
    "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read",
    "perfmon", "bpf", "checkpoint_restore",
];

/// The version, and how many bytes a value of it has.
const VERSIONS: [(u32, usize); 3] = [(0x0100_0000, 12), (0x0200_0000, 20), (0x0300_0000, 24)];
/// The bit of the first word that says that the permitted ones are in effect when the program starts.
const EFFECTIVE: u32 = 1;

/// The capabilities as getcap(8) writes them. `None`: the kernel takes no such value.
pub(super) fn text(value: &[u8]) -> Option<String> {
    let (words, []) = value.as_chunks::<4>() else { return None };
    let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let (head, sets) = words.split_first()?;
    VERSIONS.iter().find(|version| **version == (head & 0xff00_0000, value.len()))?;
    let set = |low: usize| {
        let word = |at: usize| u64::from(sets.get(at).copied().unwrap_or_default());
        // Version 1 has one word of each set. In version 3 the owner of a user namespace follows both.
        word(low) | if sets.len() >= 4 { word(low + 2) << 32 } else { 0 }
    };
    let (permitted, inherited, effective) = (set(0), set(1), head & EFFECTIVE != 0);
    let flags = |is_permitted, is_inherited| {
        let flags = [("e", effective), ("i", is_inherited), ("p", is_permitted)];
        flags.into_iter().filter_map(|(flag, is_set)| is_set.then_some(flag)).collect::<String>()
    };
    let groups = [
        (permitted & !inherited, flags(true, false)),
        (permitted & inherited, flags(true, true)),
        (inherited & !permitted, flags(false, true)),
    ];
    let groups = groups.iter().filter(|(set, _)| *set != 0).map(|(set, flags)| format!("{}={flags}", names(*set)));
    let root = sets.get(4).map(|root| format!("[rootid={root}]"));
    Some(groups.chain(root).collect::<Vec<_>>().join(" "))
}

fn names(set: u64) -> String {
    let names = (0..64_usize).filter(|number| set >> number & 1 == 1);
    let names = names.map(|number| NAMES.get(number).map_or_else(|| format!("cap_{number}"), |name| format!("cap_{name}")));
    names.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn every_version_is_read_as_the_kernel_reads_it() {
        for (words, shown) in [
            (&[0x0200_0001, 1 << 13, 0, 0, 0][..], "cap_net_raw=ep"),
            (&[0x0200_0000, 1 << 10 | 1 << 13, 0, 1 << 7, 0], "cap_net_bind_service,cap_net_raw,cap_bpf=p"),
            (&[0x0100_0001, 1, 2], "cap_chown=ep cap_dac_override=ei"),
            (&[0x0200_0000, 1, 1, 1 << 31, 0], "cap_63=p cap_chown=ip"),
            (&[0x0300_0001, 1 << 21, 0, 0, 0, 1000], "cap_sys_admin=ep [rootid=1000]"),
            (&[0x0200_0000, 0, 0, 0, 0], ""),
        ] {
            assert_eq!(text(&value(words)).as_deref(), Some(shown));
        }
    }

    #[test]
    fn what_the_kernel_refuses_is_none() {
        for words in [
            &[][..],
            &[0x0200_0001],
            &[0x0200_0001, 1, 0, 0],
            &[0x0200_0001, 1, 0, 0, 0, 0],
            &[0x0300_0000, 1, 0, 0, 0],
            &[0x0400_0000, 1, 0, 0, 0],
            &[1, 1, 0],
        ] {
            assert_eq!(text(&value(words)), None, "{words:x?}");
        }
        assert_eq!(text(b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0"), None, "a byte short");
    }
}
