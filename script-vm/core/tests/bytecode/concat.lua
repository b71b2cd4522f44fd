-- Concatenation: chains in one instruction, parentheses, mixed with other operators.
local a, b = ...
local r = a .. b
r = a .. b .. "c" .. 1 .. a
r = a .. (b .. a)
r = (a .. b) .. a
r = a .. 1 + 2 .. b * 3
r = a .. f(b) .. {}
r = (a .. b) + (b .. a)
r = -(a .. b)
