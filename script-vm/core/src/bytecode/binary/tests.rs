//! Round trips, and damaged files: refused, whatever is wrong with them, and never a panic.

use proptest::prelude::*;

use crate::bytecode::disasm::disassemble;
use crate::bytecode::verify::verify;
use crate::compiler::test_support::{PROGRAMS, compile_source};

use super::{BinaryError, HEADER_LEN, dump, load, load_payload};

fn dumps() -> Vec<Vec<u8>> {
    let one = |(name, source): &(&str, &str)| dump(&compile_source(name, source), false);
    PROGRAMS.iter().map(one).collect()
}

#[test]
fn what_is_loaded_is_what_was_dumped() {
    for (name, source) in PROGRAMS {
        let proto = compile_source(name, source);
        let loaded = load(&dump(&proto, false)).unwrap();
        assert_eq!(disassemble(&loaded), disassemble(&proto));
        assert_eq!(loaded.source_name, proto.source_name);
    }
}

#[test]
fn an_inner_function_takes_only_its_strings_along() {
    let proto =
        compile_source("t", "local unrelated = 'elsewhere'; return function() return here end");
    let loaded = load(&dump(&proto.protos[0], false)).unwrap();
    assert_eq!(loaded.strings.len(), 2);
}

#[test]
fn stripped_functions_keep_their_code() {
    for (name, source) in PROGRAMS {
        let proto = compile_source(name, source);
        let stripped = load(&dump(&proto, true)).unwrap();
        assert_eq!(stripped.code, proto.code);
        assert!(stripped.lines.iter().all(|line| *line == 0));
        assert!(stripped.locals.is_empty());
        assert_eq!(&*stripped.source_name, b"=?");
    }
}

#[test]
fn other_files_are_refused() {
    let refusal = |bytes: &[u8]| load(bytes).map(|_| ()).unwrap_err();
    assert_eq!(refusal(b""), BinaryError::Signature);
    assert_eq!(refusal(b"return 1"), BinaryError::Signature);
    assert_eq!(refusal(b"\x1bLua\x54\x00"), BinaryError::Signature);
    assert_eq!(refusal(b"\x1bIlu"), BinaryError::Truncated);
    assert_eq!(refusal(b"\x1bIlu\xff"), BinaryError::Version);
}

#[test]
fn every_shorter_file_is_refused() {
    let file = dump(&compile_source("t", "local a = ...; return a + 1, 'x'"), false);
    for len in 0..file.len() {
        assert!(load(&file[..len]).is_err());
        if len >= HEADER_LEN {
            assert!(load_payload(&file[HEADER_LEN..len]).is_err());
        }
    }
}

#[test]
fn claims_of_huge_lists_allocate_nothing() {
    let file = dump(&compile_source("t", "return 1"), false);
    for at in HEADER_LEN..file.len() - 4 {
        let mut payload = file[HEADER_LEN..].to_vec();
        payload[at - HEADER_LEN..][..4].fill(0xff);
        let _ = load_payload(&payload);
    }
}

proptest! {
    /// Damage is found by the checksum.
    #[test]
    fn a_changed_byte_is_refused(program in 0..PROGRAMS.len(), at: prop::sample::Index, flip in 1..=255u8) {
        let mut file = dumps().swap_remove(program);
        let at = at.index(file.len());
        file[at] ^= flip;
        prop_assert!(load(&file).is_err());
    }

    /// Intent is not, but what then loads has passed the verifier.
    #[test]
    fn a_forged_file_is_refused_or_valid(
        program in 0..PROGRAMS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut payload = dumps().swap_remove(program).split_off(HEADER_LEN);
        for (at, value) in changes {
            let at = at.index(payload.len());
            payload[at] = value;
        }
        if let Ok(proto) = load_payload(&payload) {
            prop_assert_eq!(verify(&proto), Ok(()));
            disassemble(&proto);
        }
    }

    #[test]
    fn noise_is_refused(noise: Vec<u8>) {
        prop_assert!(load_payload(&noise).is_err());
    }
}
