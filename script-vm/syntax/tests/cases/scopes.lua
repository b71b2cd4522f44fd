-- A local is in scope from the next statement on; a local function and the condition of repeat see more.
local x = x
local x = x
local function f() return f end
local g = function() return g end
do local x = 1; y = x end
y = x
repeat local z = x until z
y = z
for i = i, x, f do i = i + 1 end
for k, v, w in k, v do local k = k end
if x then local a = 1 elseif a then local a = 2 else b = a end
while x do local x = x end
local a, a = 1, 2
y = a
function f(a, b, a) return a end
function y.m(self) end
function y.n:m(a, ...) return self, a, ... end
