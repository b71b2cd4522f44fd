-- Returns: none, one, several, open; with something to close; at the end of blocks.
local function a() end
local function b() return end
local function c(x) return x end
local function d(x) return x, x end
local function e(x) return x + 1 end
local function f(...) return ... end
local function g(x) if x then return 1 else return 2 end end
local function h(x) do return x end end
local function i(x) local function y() return x end; return y end
local function j(x) local function y() return x end end
local function k(x) while x do return end end
local function l(x) return x and 1 or 2 end
local function m(x) return x == 1 end
local function n() return nil, nil end
