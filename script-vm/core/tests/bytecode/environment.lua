-- Globals and _ENV: as upvalue, as local, as parameter.
x = y
x.y = z
local function f(_ENV) x = y; return x.y end
local _ENV = { x = x }
x = y
print(x)
local function g() x = y end
do local _ENV <const> = _ENV; x = y end
