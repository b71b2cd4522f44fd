//! Golden listings: the bytecode of each program in `tests/bytecode`, beside the program. Each program begins with a
//! comment that says what it tests. Re-bless with `INSTA_UPDATE=always cargo test -p interlune-core --test
//! bytecode_golden`.

use std::path::Path;
use std::sync::Arc;

use bumpalo::Bump;
use interlune_core::bytecode::Proto;
use interlune_core::bytecode::disasm::disassemble;
use interlune_core::bytecode::verify::verify;
use interlune_core::compiler::compile;

fn compile_source(name: &str, source: &[u8]) -> Arc<Proto> {
    let arena = Bump::new();
    let chunk = interlune_syntax::parse(&arena, source, name).unwrap();
    compile(&chunk, Arc::from(name), Arc::from(name.as_bytes())).unwrap()
}

#[test]
fn listings_are_as_blessed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bytecode");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut programs: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    programs.retain(|path| path.extension().is_some_and(|extension| extension == "lua"));
    programs.sort();
    assert!(!programs.is_empty());
    for path in programs {
        let name = path.file_stem().unwrap().to_string_lossy();
        let proto = compile_source(&name, &std::fs::read(&path).unwrap());
        assert_eq!(verify(&proto), Ok(()), "{name}");
        insta::with_settings!({
            snapshot_path => "bytecode",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(&*name, disassemble(&proto));
        });
    }
}
