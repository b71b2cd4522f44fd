//! More of [`Cx`] for libraries: values pushed above the arguments, any number of results.
//!
//! Pushed values are roots until the function returns. They lie above the arguments, and [`Cx::ret_pushed`] returns the
//! topmost ones.

#![allow(unsafe_code, reason = "arguments and results on the raw stack")]

use super::{Cx, Raised, Returned, TableRef};
use crate::interp::unwind;
use crate::stdlib::c_string;
use crate::table;
use crate::value::Value;
use crate::vm::EXTRA_SLOTS;

impl Cx<'_> {
    /// Gives the call exactly `count` arguments: absent ones become nil, more are dropped. What was pushed is dropped.
    ///
    /// # Errors
    /// The stack cannot take them.
    pub fn set_arg_count(&mut self, count: usize) -> Result<(), Raised> {
        self.vm.top = self.slot(1 + self.nargs.min(count));
        for _ in self.nargs..count {
            self.push(Value::NIL)?;
        }
        self.nargs = count;
        Ok(())
    }

    /// Makes sure that `count` values can be pushed or returned.
    ///
    /// # Errors
    /// "stack overflow (what)"
    pub fn ensure_room(&mut self, count: usize, what: &str) -> Result<(), Raised> {
        if self.has_room(count) {
            Ok(())
        } else {
            Err(self.error(format!("stack overflow ({what})")))
        }
    }

    /// Whether `count` values can be pushed or returned.
    #[inline]
    pub fn has_room(&mut self, count: usize) -> bool {
        let used = self.vm.top_index();
        // SAFETY: both point into the running thread's stack.
        let limit = unsafe { self.vm.stack_limit.offset_from(self.vm.stack) } as usize;
        used + count <= limit || self.vm.grow_stack(self.vm.top, count)
    }

    /// Roots a value until this function returns.
    ///
    /// # Errors
    /// The stack cannot take it.
    #[inline]
    pub fn push(&mut self, value: Value) -> Result<(), Raised> {
        self.protect(value)
    }

    /// Returns the last `count` values that were pushed.
    ///
    /// # Errors
    /// None; the signature is that of the other ways to return.
    pub fn ret_pushed(&mut self, count: usize) -> Result<Returned, Raised> {
        debug_assert!(self.func + 1 + self.nargs + count <= self.vm.top_index());
        // SAFETY: the values lie above the results' place, so copying upwards is right.
        unsafe {
            let first = self.vm.top.sub(count);
            let results = self.slot(0);
            for index in 0..count {
                *results.add(index) = *first.add(index);
            }
        }
        Ok(Returned(count as u32))
    }

    /// Returns `count` values that `value` computes from their index; it must not call back into Lua.
    ///
    /// # Errors
    /// The stack cannot take them.
    #[inline]
    pub fn ret_with(
        &mut self,
        count: usize,
        mut value: impl FnMut(usize) -> Value,
    ) -> Result<Returned, Raised> {
        // Results begin at the function's slot, so as many fit above it as above the top, and the extra slots besides.
        if count > EXTRA_SLOTS / 2 {
            self.ensure_room(count, "too many results")?;
        }
        for index in 0..count {
            // SAFETY: there is room for `count` values above the top, which is above the function's slot.
            unsafe { *self.slot(index) = value(index) }
        }
        Ok(Returned(count as u32))
    }

    /// A table of the arguments from `first` on.
    ///
    /// # Errors
    /// The memory limit.
    pub fn table_of_args(&mut self, first: usize, fields: usize) -> Result<TableRef, Raised> {
        let count = self.nargs.saturating_sub(first);
        let table = self.new_table(0, fields)?;
        // SAFETY: the arguments lie on the stack, which storing into a table does not touch.
        let args = unsafe { std::slice::from_raw_parts(self.slot(1 + first), count) };
        table::array::set_list(&mut self.vm.heap, table, 1, args)
            .map_err(|_| unwind::park_out_of_memory(self.vm))?;
        Ok(table)
    }

    /// An argument that is one of `options`: its index. An absent one counts as `default`.
    ///
    /// # Errors
    /// It is none of them.
    pub fn check_option(
        &mut self,
        index: usize,
        default: Option<usize>,
        options: &[&str],
    ) -> Result<usize, Raised> {
        if let Some(default) = default
            && self.is_none_or_nil(index)
        {
            return Ok(default);
        }
        let name = self.check_str(index)?;
        let name = c_string(name.as_bytes());
        let found = options.iter().position(|option| option.as_bytes() == name);
        found.ok_or_else(|| {
            let name = String::from_utf8_lossy(name);
            self.arg_error(index, &format!("invalid option '{name}'"))
        })
    }
}
