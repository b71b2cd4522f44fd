-- Calls: arguments, numbers of results, open lists, methods, tail calls.
local f, t = ...
f(); f(1, 2); f(nil, true, false, "s", 1.5, f)
local a, b, c = f()
local d, e = f(), 1
local g = (f())
f(f()); f(1, f(2)); f(f(), 1); f(...); f(1, ...); f(..., 1)
t:m(); t:m(1, f()); t.x.y:m(...); ("s"):rep(3); f"s"; f{1}; t:m"s":n{}
a, b = t:m(), f()
local function tail1() return f(1) end
local function tail2(...) return t:m(...) end
local function tail3() return (f()) end
local function tail4() return f(), 1 end
local function tail5() local x <close> = f; return f(1) end
local function tail6() for k in f do return f(k) end end
local function tail7() local x; f(function() return x end); return f(1) end
return f()
