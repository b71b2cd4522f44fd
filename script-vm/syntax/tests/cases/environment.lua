-- Global names are fields of the `_ENV` in scope.
a = b
local function f() return function() return a end end
do local _ENV = { a = a }; a = 1; local function g() a = 2 end end
local function h(_ENV) return a end
local function sandbox() local _ENV <const> = {}; function f() return x end end
_ENV.a = _ENV
local function assigns() _ENV = {} end
