-- Closures and upvalues: captured locals, closing at block ends, loops and jumps; local functions.
local a, b = ...
local function f() return a end
local function g() a = b; return function() return a, b, g end end
do local x = 1; h = function() return x end end
do local x = 1; h = function() return x end; local y end
do local x = 1 end
for i = 1, 3 do h = function() return i end end
for i = 1, 3 do local x = i; h = function() return x end; if x then break end end
while a do local x; h = function() return x end; if b then break end; b = x end
repeat local x = f(); h = function() return x end until x
if a then local x; h = function() return x end elseif b then local y; h = function() return y end end
function h(p, q) return function() p = q end end
function a.b.c:d(e) return self, function() return self end end
