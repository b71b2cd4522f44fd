//! Machine code by what it was compiled from, shared by VMs: for tools that run the same scripts in many VMs, where
//! compiling would take most of the time.
//!
//! Code is position independent but holds addresses that belong to one VM: of the function's bytecode, constants, feedback
//! and inline caches. [`Places`] knows where these lie; a [`Recipe`] is the code with the list of the addresses in it, and
//! [`Recipe::cook`] gives it those of another function.
//!
//! Invariant: code depends on nothing but what [`Key`] holds. The compiler is given the key's feedback, not the
//! function's, so that it cannot see more of it; a test compares code from here with code compiled afresh.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use interlune_core::bytecode::{Constant, FeedbackKind, Proto};
use interlune_core::interp::{Template, seen};
use interlune_core::string::MAX_SHORT;
use interlune_core::tier::CompileInput;
use rustc_hash::FxHashMap;

use crate::baseline::{Sites, Translated};

/// Bytes of code that are kept; beyond, all is forgotten.
const MOST_BYTES: usize = 64 << 20;

/// A cache of machine code that engines share. Clones are the same one.
#[derive(Clone, Default)]
pub struct CodeMemo(Arc<Mutex<Recipes>>);

#[derive(Default)]
struct Recipes {
    by_key: FxHashMap<Key, Arc<Recipe>>,
    bytes: usize,
    found: u64,
}

impl fmt::Debug for CodeMemo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeMemo").field("functions", &self.len()).finish()
    }
}

impl CodeMemo {
    /// Functions in it.
    pub fn len(&self) -> usize {
        self.with(|recipes| recipes.by_key.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often code was found in it.
    pub fn found(&self) -> u64 {
        self.with(|recipes| recipes.found)
    }

    pub(super) fn get(&self, key: &Key) -> Option<Arc<Recipe>> {
        self.with(|recipes| {
            let recipe = recipes.by_key.get(key).cloned();
            recipes.found += u64::from(recipe.is_some());
            recipe
        })
    }

    pub(super) fn put(&self, key: Key, recipe: Recipe) {
        self.with(|recipes| {
            let bytes = recipe.code.len() + 8 * key.words.len();
            if recipes.bytes + bytes > MOST_BYTES {
                recipes.by_key.clear();
                recipes.bytes = 0;
            }
            recipes.bytes += bytes;
            recipes.by_key.insert(key, Arc::new(recipe));
        });
    }

    fn with<R>(&self, what: impl FnOnce(&mut Recipes) -> R) -> R {
        // Whoever panicked left at worst a wrong count.
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// All that the code of a function depends on, but addresses.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key {
    words: Box<[u64]>,
}

impl Key {
    /// The key of a compilation. Reduces the input's feedback to what the compiler may look at.
    pub(super) fn of(input: &mut CompileInput) -> Key {
        input.feedback = visible_feedback(input);
        // Every field is named here and in `Places::of`, so that a new one is thought about.
        let Proto {
            code,
            constants,
            protos,
            strings,
            param_count,
            is_vararg,
            max_stack,
            lines: _,
            upvalues: _,
            locals: _,
            source: _,
            source_name: _,
            feedback_cells: _,
            line_defined: _,
            last_line: _,
        } = &*input.proto;
        let mut words =
            Vec::with_capacity(code.len() + 2 * constants.len() + input.feedback.len() + 8);
        words.extend([
            u64::from(*param_count),
            u64::from(*is_vararg),
            u64::from(*max_stack),
            code.len() as u64,
            constants.len() as u64,
        ]);
        words.extend(code.iter().map(|insn| insn.0));
        for constant in constants {
            words.extend(match *constant {
                Constant::Nil => [0, 0],
                Constant::Boolean(value) => [1, u64::from(value)],
                Constant::Integer(value) => [2, value as u64],
                Constant::Float(value) => [3, value.to_bits()],
                // Which string it is, code does not know; but only short ones are told apart by their address.
                Constant::String(id) => [4, u64::from(strings.get(id).len() <= MAX_SHORT)],
            });
        }
        for child in protos {
            words.push(child.upvalues.len() as u64);
            let captures = child.upvalues.iter();
            words.extend(captures.map(|it| u64::from(it.in_stack) << 8 | u64::from(it.index)));
        }
        words.extend(&input.feedback);
        Key { words: words.into() }
    }
}

/// The feedback cells that the compiler uses, the others 0.
fn visible_feedback(input: &CompileInput) -> Box<[u64]> {
    let mut visible = vec![0; input.feedback.len()];
    for insn in &input.proto.code {
        let Some(opcode) = insn.opcode() else { continue };
        let first = insn.feedback_cell();
        let (count, mask) = match opcode.feedback() {
            // Above the kinds of operands stands a function's number.
            FeedbackKind::Type => (1, seen::KINDS),
            FeedbackKind::Field => (4, u64::MAX),
            // How many tables are still to be made before the next look, and at which, is the site's own affair.
            FeedbackKind::Site => (1, (1 << Template::COUNTDOWN_SHIFT) - 1),
            FeedbackKind::Call => {
                // Only whether there was a call: callees have other numbers in every VM.
                if let (Some(to), Some(from)) = (visible.get_mut(first), input.feedback.get(first))
                {
                    *to = (*from).min(1);
                }
                continue;
            }
            FeedbackKind::None | FeedbackKind::Loop => continue,
        };
        let cells = first..first + count;
        if let (Some(to), Some(from)) = (visible.get_mut(cells.clone()), input.feedback.get(cells))
        {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = from & mask);
        }
    }
    visible.into()
}

/// Number of [`Places`].
const PLACES: usize = 7;

/// Where the memory lies whose addresses code holds.
pub(super) struct Places([RangeInclusive<usize>; PLACES]);

impl Places {
    pub(super) fn of(input: &CompileInput, sites: &Sites) -> Places {
        let CompileInput {
            proto,
            feedback,
            constants_at,
            children_at,
            feedback_at,
            calls_at,
            cache_entries: _,
            number: _,
            is_direct: _,
            may_become_direct: _,
            returns_one: _,
            is_cautious: _,
            may_be_copied: _,
            receivers: _,
            metamethods: _,
            known: _,
            lost: _,
            lost_types: _,
            lost_loops: _,
            callees: _,
        } = input;
        // A saved pc may be the one behind the last instruction.
        let code = proto.code.as_ptr().addr();
        let cells = |at: usize, count: usize, size: usize| {
            let is_there = at != 0 && count != 0;
            if is_there { at..=at + count * size - 1 } else { RangeInclusive::new(1, 0) }
        };
        let [fields, methods] = sites.places();
        Places([
            code..=code + size_of_val(&*proto.code),
            cells(*constants_at, proto.constants.len(), 16),
            cells(*children_at, proto.protos.len(), 8),
            cells(*feedback_at, feedback.len(), 8),
            cells(*calls_at, 1, 4),
            cells(fields.start, fields.len(), 1),
            cells(methods.start, methods.len(), 1),
        ])
    }

    /// The place that an address is in, and how far.
    fn find(&self, address: usize) -> Option<(usize, usize)> {
        let place = self.0.iter().position(|place| place.contains(&address))?;
        Some((place, address - self.0[place].start()))
    }

    /// All addresses are too large to be anything but eight bytes in a row in code.
    fn are_wide(&self) -> bool {
        self.0.iter().all(|place| place.is_empty() || *place.start() > u32::MAX as usize)
    }

    /// No address is in two places. What follows the bytecode in memory may begin right behind its last instruction, whose
    /// end is an address, too.
    fn are_apart(&self) -> bool {
        let mut used: Vec<_> = self.0.iter().filter(|place| !place.is_empty()).collect();
        used.sort_unstable_by_key(|place| *place.start());
        used.windows(2).all(|pair| pair[0].end() < pair[1].start())
    }

    fn bounds(&self) -> RangeInclusive<usize> {
        let used = || self.0.iter().filter(|place| !place.is_empty());
        let first = used().map(|place| *place.start()).min().unwrap_or(1);
        first..=used().map(|place| *place.end()).max().unwrap_or(0)
    }
}

/// An address in code.
#[derive(PartialEq, Eq, Debug)]
struct Mention {
    /// Where its eight bytes are.
    at: u32,
    place: u8,
    offset: u32,
}

/// Code that can be fitted to another function with the same key.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Recipe {
    /// With zeros in place of addresses.
    code: Box<[u8]>,
    mentions: Box<[Mention]>,
    resume_points: Box<[u32]>,
}

impl Recipe {
    /// Of code that was just compiled; nothing if its addresses cannot be told from other numbers.
    pub(super) fn of(code: &[u8], input: &CompileInput, translated: &Translated) -> Option<Recipe> {
        let places = Places::of(input, &translated.sites);
        // Elsewhere several instructions make up an address.
        if cfg!(not(target_arch = "x86_64")) || !places.are_wide() || !places.are_apart() {
            return None;
        }
        let bounds = places.bounds();
        let mut code: Box<[u8]> = code.into();
        let mut mentions = Vec::new();
        let mut at = 0;
        while let Some(bytes) = code.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<8>()) {
            let number = u64::from_le_bytes(*bytes) as usize;
            let found = if bounds.contains(&number) { places.find(number) } else { None };
            if let Some((place, offset)) = found {
                *bytes = [0; 8];
                mentions.push(Mention { at: at as u32, place: place as u8, offset: offset as u32 });
                at += 8;
            } else {
                at += 1;
            }
        }
        Some(Recipe {
            code,
            mentions: mentions.into(),
            resume_points: translated.resume_points.clone(),
        })
    }

    /// The code for a function.
    pub(super) fn cook(&self, input: &CompileInput) -> (Vec<u8>, Translated) {
        let sites = Sites::of(&input.proto, input.cache_entries);
        let places = Places::of(input, &sites);
        let mut code = self.code.to_vec();
        for mention in &self.mentions {
            let address = places.0[mention.place as usize].start() + mention.offset as usize;
            let at = mention.at as usize;
            code[at..at + 8].copy_from_slice(&(address as u64).to_le_bytes());
        }
        (code, Translated { resume_points: self.resume_points.clone(), sites })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use interlune_core::api::Lua;
    use interlune_core::assumptions::Dependants;
    use interlune_core::runtime::Trampoline;
    use interlune_core::tier::{Compiler, Function, Graveyard, Site};

    use super::*;
    use crate::baseline::Baseline;

    const SCRIPT: &str = "
        local class = {} class.__index = class
        function class.new(x) return setmetatable({x = x, list = {}}, class) end
        function class:add(y) self.x = self.x + y self.list[#self.list + 1] = y return self end
        local function mix(a, b) if a < b then return a * 2.5 else return b // 3 end end
        local function text(i) return ('%d'):format(i) .. 'a constant of more than forty bytes, so that it is long' end
        local object, sum = class.new(1), 0
        for i = 1, 200 do
          object:add(i) sum = sum + mix(i, 100) + #text(i) + object.list[i]
          local point = {x = i, y = i} sum = sum + point.x - point.y
          counter = (counter or 0) + 1
          local function again() return function() return object, sum, text end end
          sum = sum + #{again()()} - -i
        end
        for k, v in pairs(object.list) do sum = sum + k * v end
        return sum";

    /// Compiles every function at its first call and at every sample.
    struct Probe {
        memo: CodeMemo,
        /// Functions whose code was known from another VM.
        known: Rc<RefCell<usize>>,
    }

    impl Probe {
        fn compare(&self, function: Function) {
            let mut input = function.input(4);
            let mut baseline = Baseline::new().expect("this machine is supported");
            // Afresh, with all the feedback there is.
            let translated = baseline.translate(&input);
            let code = baseline.generate().expect("the script's functions are small");
            let recipe = Recipe::of(&code, &input, &translated).expect("addresses are wide");
            let key = Key::of(&mut input);
            match self.memo.get(&key) {
                Some(known) => {
                    assert!(*known == recipe, "line {}", input.proto.line_defined);
                    let (cooked, again) = known.cook(&input);
                    assert_eq!(Recipe::of(&cooked, &input, &again).as_ref(), Some(&*known));
                    *self.known.borrow_mut() += 1;
                }
                None => self.memo.put(key, recipe),
            }
        }
    }

    impl Compiler for Probe {
        fn attach(&mut self, _: Rc<Graveyard>, _: Rc<Dependants>) {}

        fn first_call(&mut self, function: Function) {
            self.compare(function);
        }

        fn sample(&mut self, function: Function, _: Site, _: u32) {
            self.compare(function);
        }

        fn exited(&mut self, _: Function, _: u32, _: u32) {}

        fn trampoline(&self) -> Option<Trampoline> {
            None
        }
    }

    #[test]
    fn places_that_touch_are_told_of() {
        let places = |second: usize| {
            let none = RangeInclusive::new(1, 0);
            let rest = [(); PLACES - 2].map(|()| none.clone());
            let [c, d, e, f, g] = rest;
            Places([0x1_0000_0000..=0x1_0000_0040, second..=second + 15, c, d, e, f, g])
        };
        assert!(!places(0x1_0000_0040).are_apart());
        assert!(places(0x1_0000_0041).are_apart());
    }

    #[test]
    #[cfg_attr(not(target_arch = "x86_64"), ignore = "code is not shared there")]
    fn code_from_another_vm_is_what_the_compiler_makes() {
        let memo = CodeMemo::default();
        for round in 0..3 {
            let lua = Lua::new();
            lua.set_test_quantum(Some(7));
            let known = Rc::new(RefCell::new(0));
            let probe = Probe { memo: memo.clone(), known: known.clone() };
            lua.set_compiler(Some(Box::new(probe)));
            lua.load(SCRIPT).eval::<f64>().expect("the script runs");
            assert!(round == 0 || *known.borrow() > 20, "{} known", known.borrow());
        }
        assert!(memo.len() > 5 && memo.found() > 40);
    }
}
