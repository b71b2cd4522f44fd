-- A `<const>` with a literal is that literal; others are locals.
local i <const> = 5
local f <const> = -2.5
local n <const> = nil
local s <const> = "text"
local again <const> = i
local min <const> = -i
local zero <const> = -0.0
local two <const>, three <const> = 2, 3
local none <const>
local call <const> = f()
local closed <close> = nil
x = i, f, n, s, again, min, zero, two, three, none, call
local function g() return function() return i + two, s.x, s:len(), closed end end
do local i = i; x = i end
