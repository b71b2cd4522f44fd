-- Arithmetic in its forms: two registers, a constant, an immediate, flipped operands.
local a, b = ...
local r = a + b, a - b, a * b
r = a + 1; r = 1 + a; r = a - 1; r = 1 - a
r = a + 1.0; r = 1.5 + a; r = a - 1.5; r = 40000 + a; r = a - 40000
r = a + -32768; r = a + 32767; r = a - 32768
r = a * 2; r = 2 * a; r = a / 2; r = 2 / a; r = a % 3; r = a // 2; r = a ^ 2; r = 2 ^ a
r = a & 255; r = 255 | a; r = a ~ 1; r = a & 1.0; r = 1.0 & a
r = a << 1; r = 1 << a; r = a >> 1; r = a << b; r = a >> -3; r = a << 70000
r = -a; r = ~a; r = #a; r = not a
r = (a + b) * (a - b) / (a .. b)
r = a % b; r = a // b; r = a / b; r = a ^ b; r = a & b; r = a | b; r = a ~ b; r = a << b; r = a >> b
