-- Varargs: in lists, in tables, cut to one value, in nested functions.
local function a(...) return ... end
local function b(x, ...) local y, z = ...; return x, y, z, ... end
local function c(...) local t = { ... }; local u = { 1, ... }; local v = { ..., 1 }; return (...) end
local function d(...) local x = ... + 1; if ... then x = ... end; f(...) end
local function e(...) local x, y, z = 1, ... end
local x = ...
x = ..., 1
return function(...) return ... end
