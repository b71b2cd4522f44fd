//! Table constructors.

use interlune_syntax::ast::{Expr, TableExpr, TableItem};

use crate::bytecode::{Insn, Opcode, StringId};

use super::Compiler;
use super::desc::{ExprDesc, Pc, Register, Value};

/// Array elements that are collected in registers before they are stored.
const ITEMS_PER_FLUSH: u32 = 50;

/// What is known of the array part while items are compiled.
struct ArrayPart {
    table: Register,
    stored: u32,
    pending: u32,
}

impl<'a> Compiler<'a> {
    /// A constructor whose brace stands in `line`. The table is made before the brace is passed.
    pub(super) fn table(&mut self, table: &'a TableExpr<'a>, line: u32) -> ExprDesc {
        let register = self.reserve(1);
        let pc = self.op(Opcode::NewTable, register, 0, 0);
        self.line = line;
        let mut array = ArrayPart { table: register, stored: 0, pending: 0 };
        let mut fields = 0u32;
        for (i, item) in table.items.iter().enumerate() {
            match item {
                TableItem::Positional(value) => {
                    let is_last = i + 1 == table.items.len();
                    self.positional_item(&mut array, value, is_last);
                }
                TableItem::Named(name, value) => {
                    let mut key = ExprDesc::new(Value::String(StringId(name.0)));
                    self.keyed_item(register, &mut key, value);
                    fields += 1;
                }
                TableItem::Keyed(key, value) => {
                    let mut key = self.expression(key);
                    self.settle(&mut key);
                    self.keyed_item(register, &mut key, value);
                    fields += 1;
                }
            }
        }
        self.line = table.end_line;
        if array.pending > 0 {
            self.set_list(&mut array, false);
        }
        self.set_table_size(pc, array.stored, fields);
        ExprDesc::new(Value::Fixed(register))
    }

    fn positional_item(&mut self, array: &mut ArrayPart, value: &'a Expr<'a>, is_last: bool) {
        let mut e = self.expression(value);
        if is_last && e.is_multi() {
            self.set_all_results(&e);
            self.set_list(array, true);
            return;
        }
        self.put_in_next_register(&mut e);
        array.pending += 1;
        if array.pending == ITEMS_PER_FLUSH && !is_last {
            self.set_list(array, false);
        }
    }

    /// Stores the pending elements, and behind them all values that the last expression gave if that is `open`.
    fn set_list(&mut self, array: &mut ArrayPart, open: bool) {
        let count = if open { 0 } else { array.pending as u16 };
        let first = array.stored as i32;
        self.emit(Insn::wide(Opcode::SetList, array.table as u8, count, first));
        array.stored += array.pending;
        array.pending = 0;
        self.f.free_register = array.table + 1;
    }

    /// `[key] = value`; the key is compiled already.
    fn keyed_item(&mut self, table: Register, key: &mut ExprDesc, value: &'a Expr<'a>) {
        let mut variable = ExprDesc::new(Value::Fixed(table));
        self.index(&mut variable, key);
        let mut value = self.expression(value);
        self.store(&variable, &mut value);
        // The key, if it is in a register, is above what the item found in use.
        if let Value::Index { key, .. } = variable.value {
            self.free_register(key);
        }
    }

    /// Tells the constructor how much room to make; more than its operands can say is left to growth.
    fn set_table_size(&mut self, pc: Pc, elements: u32, fields: u32) {
        let insn = self.insn(pc);
        let limit = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
        let (b, c) = (limit(elements), limit(fields));
        self.set_insn(pc, Insn::new(Opcode::NewTable, insn.a() as u8, b, c, insn.d() as u16));
    }
}
