//! The compression function of SHA-256 (FIPS 180-4, 6.2.2) for two states and the same blocks.
//!
//! The one file with unsafe code: that a function may use instructions is the caller's to know. None of it touches memory
//! but through references.
#![expect(unsafe_code, reason = "instructions are chosen at run time")]
#![expect(clippy::many_single_char_names, reason = "the standard's names")]

/// The constants (FIPS 180-4, 4.2.2).
const K: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// Takes blocks into two states.
pub(super) fn compress_both(a: &mut [u32; 8], b: &mut [u32; 8], blocks: &[[u8; 64]]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("sha") && std::arch::is_x86_feature_detected!("sse4.1") {
        // SAFETY: the processor has the instructions that the function is compiled for.
        return unsafe { x86::compress_both(a, b, blocks) };
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("sha2") {
        // SAFETY: the processor has the instructions that the function is compiled for.
        return unsafe { arm::compress_both(a, b, blocks) };
    }
    plain::compress_both(a, b, blocks);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x, _mm_sha256msg1_epu32,
        _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8, _mm_shuffle_epi32,
    };

    use super::K;

    /// A state as the instructions want it: the words a, b, e, f and c, d, g, h, the first of them highest.
    #[derive(Clone, Copy)]
    struct State {
        abef: __m128i,
        cdgh: __m128i,
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn vector(words: [u32; 4]) -> __m128i {
        let [w0, w1, w2, w3] = words.map(u32::cast_signed);
        _mm_set_epi32(w3, w2, w1, w0)
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn words(vector: __m128i) -> [u32; 4] {
        let word = |word: i32| word.cast_unsigned();
        [
            word(_mm_extract_epi32::<0>(vector)),
            word(_mm_extract_epi32::<1>(vector)),
            word(_mm_extract_epi32::<2>(vector)),
            word(_mm_extract_epi32::<3>(vector)),
        ]
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn load(&[a, b, c, d, e, f, g, h]: &[u32; 8]) -> State {
        State { abef: vector([f, e, b, a]), cdgh: vector([h, g, d, c]) }
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn store(state: State) -> [u32; 8] {
        let ([f, e, b, a], [h, g, d, c]) = (words(state.abef), words(state.cdgh));
        [a, b, c, d, e, f, g, h]
    }

    /// The sixteen words of a block, which are big-endian.
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn message(block: &[u8; 64]) -> [__m128i; 4] {
        let swap = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
        let halves = block.as_chunks().0;
        let half = |at: usize| halves.get(at).map_or(0, |bytes| i64::from_le_bytes(*bytes));
        [0, 2, 4, 6].map(|at| _mm_shuffle_epi8(_mm_set_epi64x(half(at + 1), half(at)), swap))
    }

    /// Four rounds.
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn rounds(state: &mut State, keyed: __m128i) {
        state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, keyed);
        state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, _mm_shuffle_epi32::<0x0e>(keyed));
    }

    /// The four words of the schedule that follow these sixteen.
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn schedule(w0: __m128i, w1: __m128i, w2: __m128i, w3: __m128i) -> __m128i {
        let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8::<4>(w3, w2));
        _mm_sha256msg2_epu32(sum, w3)
    }

    #[target_feature(enable = "sha,sse4.1")]
    pub(super) fn compress_both(first: &mut [u32; 8], second: &mut [u32; 8], blocks: &[[u8; 64]]) {
        let (mut a, mut b) = (load(first), load(second));
        for block in blocks {
            let (before_a, before_b) = (a, b);
            let mut w = message(block);
            for sixteen in 0..4 {
                for four in 0..4 {
                    if sixteen > 0 {
                        w[four] = schedule(w[four], w[(four + 1) % 4], w[(four + 2) % 4], w[(four + 3) % 4]);
                    }
                    let at = sixteen * 16 + four * 4;
                    let keyed = _mm_add_epi32(w[four], vector([K[at], K[at + 1], K[at + 2], K[at + 3]]));
                    rounds(&mut a, keyed);
                    rounds(&mut b, keyed);
                }
            }
            for (state, before) in [(&mut a, before_a), (&mut b, before_b)] {
                state.abef = _mm_add_epi32(state.abef, before.abef);
                state.cdgh = _mm_add_epi32(state.cdgh, before.cdgh);
            }
        }
        (*first, *second) = (store(a), store(b));
    }
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use std::arch::aarch64::{
        uint32x4_t, vaddq_u32, vcombine_u64, vcreate_u64, vgetq_lane_u32, vreinterpretq_u8_u64, vreinterpretq_u32_u8,
        vreinterpretq_u32_u64, vrev32q_u8, vsha256h2q_u32, vsha256hq_u32, vsha256su0q_u32, vsha256su1q_u32,
    };

    use super::K;

    /// A state as the instructions want it, the first word lowest.
    #[derive(Clone, Copy)]
    struct State {
        abcd: uint32x4_t,
        efgh: uint32x4_t,
    }

    #[inline]
    #[target_feature(enable = "sha2")]
    fn vector(words: [u32; 4]) -> uint32x4_t {
        let [w0, w1, w2, w3] = words.map(u64::from);
        vreinterpretq_u32_u64(vcombine_u64(vcreate_u64(w0 | w1 << 32), vcreate_u64(w2 | w3 << 32)))
    }

    #[inline]
    #[target_feature(enable = "sha2")]
    fn words(vector: uint32x4_t) -> [u32; 4] {
        [vgetq_lane_u32::<0>(vector), vgetq_lane_u32::<1>(vector), vgetq_lane_u32::<2>(vector), vgetq_lane_u32::<3>(vector)]
    }

    #[inline]
    #[target_feature(enable = "sha2")]
    fn load(&[a, b, c, d, e, f, g, h]: &[u32; 8]) -> State {
        State { abcd: vector([a, b, c, d]), efgh: vector([e, f, g, h]) }
    }

    #[inline]
    #[target_feature(enable = "sha2")]
    fn store(state: State) -> [u32; 8] {
        let ([a, b, c, d], [e, f, g, h]) = (words(state.abcd), words(state.efgh));
        [a, b, c, d, e, f, g, h]
    }

    /// The sixteen words of a block, which are big-endian.
    #[inline]
    #[target_feature(enable = "sha2")]
    fn message(block: &[u8; 64]) -> [uint32x4_t; 4] {
        let halves = block.as_chunks().0;
        let half = |at: usize| vcreate_u64(halves.get(at).map_or(0, |bytes| u64::from_le_bytes(*bytes)));
        [0, 2, 4, 6].map(|at| {
            let bytes = vreinterpretq_u8_u64(vcombine_u64(half(at), half(at + 1)));
            vreinterpretq_u32_u8(vrev32q_u8(bytes))
        })
    }

    /// Four rounds.
    #[inline]
    #[target_feature(enable = "sha2")]
    fn rounds(state: &mut State, keyed: uint32x4_t) {
        let abcd = state.abcd;
        state.abcd = vsha256hq_u32(abcd, state.efgh, keyed);
        state.efgh = vsha256h2q_u32(state.efgh, abcd, keyed);
    }

    #[target_feature(enable = "sha2")]
    pub(super) fn compress_both(first: &mut [u32; 8], second: &mut [u32; 8], blocks: &[[u8; 64]]) {
        let (mut a, mut b) = (load(first), load(second));
        for block in blocks {
            let (before_a, before_b) = (a, b);
            let mut w = message(block);
            for sixteen in 0..4 {
                for four in 0..4 {
                    if sixteen > 0 {
                        let begun = vsha256su0q_u32(w[four], w[(four + 1) % 4]);
                        w[four] = vsha256su1q_u32(begun, w[(four + 2) % 4], w[(four + 3) % 4]);
                    }
                    let at = sixteen * 16 + four * 4;
                    let keyed = vaddq_u32(w[four], vector([K[at], K[at + 1], K[at + 2], K[at + 3]]));
                    rounds(&mut a, keyed);
                    rounds(&mut b, keyed);
                }
            }
            for (state, before) in [(&mut a, before_a), (&mut b, before_b)] {
                state.abcd = vaddq_u32(state.abcd, before.abcd);
                state.efgh = vaddq_u32(state.efgh, before.efgh);
            }
        }
        (*first, *second) = (store(a), store(b));
    }
}

/// Without special instructions.
mod plain {
    use super::K;

    /// The words of the schedule, the constants added.
    fn schedule(block: &[u8; 64]) -> [u32; 64] {
        let mut w = [0_u32; 64];
        for (word, bytes) in w.iter_mut().zip(block.as_chunks().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        for at in 16..64 {
            let (w15, w2) = (w[at - 15], w[at - 2]);
            let s0 = w15.rotate_right(7) ^ w15.rotate_right(18) ^ (w15 >> 3);
            let s1 = w2.rotate_right(17) ^ w2.rotate_right(19) ^ (w2 >> 10);
            w[at] = w[at - 16].wrapping_add(s0).wrapping_add(w[at - 7]).wrapping_add(s1);
        }
        for (word, constant) in w.iter_mut().zip(K) {
            *word = word.wrapping_add(constant);
        }
        w
    }

    fn rounds(state: &mut [u32; 8], keyed: &[u32; 64]) {
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        for word in keyed {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let t1 = h.wrapping_add(s1).wrapping_add((e & f) ^ (!e & g)).wrapping_add(*word);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let t2 = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
        }
        for (word, more) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(more);
        }
    }

    pub(super) fn compress_both(a: &mut [u32; 8], b: &mut [u32; 8], blocks: &[[u8; 64]]) {
        for block in blocks {
            let keyed = schedule(block);
            rounds(a, &keyed);
            rounds(b, &keyed);
        }
    }
}
