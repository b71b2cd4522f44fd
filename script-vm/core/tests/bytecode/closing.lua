-- To-be-closed variables: marked, closed at block ends, jumps and returns.
local a <close> = f()
do local b <close> = f(); g() end
do local b <close>, c = f() end
for i = 1, 3 do local b <close> = f(); if i == 2 then break end; if i == 3 then goto out end end
::out::
while a do local b <close> = f(); return b end
local function r0() local x <close> = f() end
local function r1() local x <close> = f(); return x end
local function r2(...) local x <close> = f(); return x, ... end
local function r3() do local x <close> = f() end; return 1 end
local function r4() for k, v in f do return v end end
return a
