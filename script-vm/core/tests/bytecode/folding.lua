-- Constant folding, and what is not folded: division by zero, NaN, zero floats, strings.
local r
r = 1 + 2; r = 7 // 2; r = -7 // 2; r = 7 % -3; r = 7.5 % -2; r = 2 ^ 10; r = 7 / 2
r = 9223372036854775807 + 1; r = -9223372036854775808; r = 1 << 63; r = 1 << 64; r = -1 >> 1
r = 3.0 & 1; r = ~0; r = 5.5 // 2; r = 1e308 * 10
r = 1 // 0; r = 1 % 0; r = 1 / 0; r = 0.0; r = -0.0; r = 0 * -1.0; r = 1.5 & 1
r = "1" + 1; r = not nil; r = not 1; r = not "x"; r = - -1; r = 1 .. 2
r = 1 < 2; r = 1 == 1.0
