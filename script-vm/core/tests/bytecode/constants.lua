-- Constants: each once; integers and floats of equal value apart; compile-time constants.
local a = 1
a = 100000000000; a = 100000000000; a = 1e11; a = 2147483647; a = 2147483648; a = -2147483648; a = -2147483649
a = "s"; a = "s"; a = 's'; a = 1.0; a = 1.0; a = 0.0
a = a + 1e11; a = a + 100000000000
a = true; a = false; a = nil; a = a == true; a = a == false; a = a == nil
local c <const> = 42
local s <const> = "text"
local n <const> = -1.5
a = c; a = s; a = n; a = a + c; a = a == s; a = t[c]; a = t[s]; a = c + n
