-- Signals with varargs: listeners are connected and dropped, called through pcall, some fail. Size: rounds.
local rounds = tonumber((...))
local Signal = {}
Signal.__index = Signal
function Signal.new() return setmetatable({ listeners = {}, failures = 0 }, Signal) end
function Signal:connect(f) self.listeners[#self.listeners + 1] = f; return f end
function Signal:disconnect(f)
  for i = #self.listeners, 1, -1 do if self.listeners[i] == f then table.remove(self.listeners, i) end end
end
function Signal:emit(...)
  local listeners = self.listeners
  for i = 1, #listeners do
    local ok = pcall(listeners[i], ...)
    if not ok then self.failures = self.failures + 1 end
  end
  return select("#", ...)
end
local hurt, moved, total = Signal.new(), Signal.new(), 0
local function add(...)
  local sum = 0
  for i = 1, select("#", ...) do sum = sum + (select(i, ...)) end
  return sum
end
hurt:connect(function(amount) total = total + amount end)
hurt:connect(function(amount, source) if amount % 50 == 0 then error("too strong") end total = total + source end)
moved:connect(function(...) total = total + add(...) end)
moved:connect(function(x, ...) local rest = { ... }; total = total + x * #rest end)
for round = 1, rounds do
  local temporary = moved:connect(function(_, _, z) total = total + (z or 0) end)
  for i = 1, 400 do
    total = total + hurt:emit(i, round % 7)
    total = total + moved:emit(i, i * 0.5)
    total = total + moved:emit(i, round, 3)
  end
  moved:disconnect(temporary)
end
print(string.format("signals %d %.4f %d", rounds, total, hurt.failures))
