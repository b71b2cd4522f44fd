//! Decides what is compiled, has it compiled, installs it.

#![allow(unsafe_code, reason = "addresses of code become functions")]

use std::collections::HashMap;
use std::sync::Arc;

use interlune_core::function::CompiledCode;
use interlune_core::runtime;
use interlune_core::tier::{Compiler, Function, Site};

use crate::baseline::{Baseline, Sites};
use crate::code::memory::CodeSegment;
use crate::code::target::CodeError;
use crate::code::trampoline::Trampoline;

/// How the engine works.
#[derive(Clone, Debug)]
pub struct Options {
    /// Calls and back-edges after which a function is compiled; 0: at its first call.
    pub threshold: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options { threshold: 2000 }
    }
}

/// What installed code needs to be there.
struct Owned {
    _segment: Arc<CodeSegment>,
    _sites: Sites,
}

/// A JIT for one VM, which compiles on the VM's thread.
pub struct Engine {
    options: Options,
    baseline: Baseline,
    trampoline: Trampoline,
    units: HashMap<u64, u64>,
}

impl Engine {
    /// # Errors
    /// This machine is not supported, or there is no memory for code.
    pub fn new(options: Options) -> Result<Engine, CodeError> {
        let baseline = Baseline::new()?;
        let trampoline = Trampoline::new(&**baseline.isa())?;
        Ok(Engine { options, baseline, trampoline, units: HashMap::new() })
    }

    fn compile(&mut self, function: &mut Function) -> Result<(), CodeError> {
        let input = function.input();
        if std::env::var("JITLOG").is_ok() { eprintln!("compile {}:{} ops {}", input.proto.source, input.proto.line_defined, input.proto.code.len()); }
        let compiled = self.baseline.compile(&input)?;
        let (segment, offsets) = CodeSegment::new(&[&compiled.code])?;
        // SAFETY: the code at the offset is a function of this type.
        let entry = unsafe { std::mem::transmute(segment.at(offsets[0])) };
        function.install(Arc::new(CompiledCode {
            entry,
            resume_points: compiled.resume_points,
            bytes: compiled.code.len(),
            owner: Box::new(Owned { _segment: segment, _sites: compiled.sites }),
        }));
        Ok(())
    }
}

impl Compiler for Engine {
    fn first_call(&mut self, function: &mut Function) {
        if self.options.threshold == 0 && !function.is_compiled() {
            let _ = self.compile(function);
        }
    }

    fn sample(&mut self, function: &mut Function, _: Site, units: u32) {
        if function.is_compiled() {
            return;
        }
        let sum = self.units.entry(function.id()).or_default();
        *sum += u64::from(units);
        if *sum >= self.options.threshold {
            let _ = self.compile(function);
        }
    }

    fn trampoline(&self) -> Option<runtime::Trampoline> {
        Some(self.trampoline.function())
    }
}
