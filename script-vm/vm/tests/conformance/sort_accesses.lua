-- table.sort: the sequence of reads, writes and comparisons, seen by metamethods and comparators.
local function hash(text)
  local h = 5381
  for i = 1, #text do h = (h * 33 + text:byte(i)) & 0xffffffff end
  return h
end

local log, elements

local proxy = setmetatable({}, {
  __len = function() return #elements end,
  __index = function(_, k) log[#log + 1] = "r" .. k return elements[k] end,
  __newindex = function(_, k, v) log[#log + 1] = "w" .. k .. "=" .. tostring(v) elements[k] = v end,
})

-- Sorts and shows what was done: in full for few elements, else how much and a hash of it.
local function sort(title, list, comparator)
  log, elements = {}, list
  local logged = comparator and function(a, b)
    log[#log + 1] = tostring(a) .. "<" .. tostring(b)
    return comparator(a, b)
  end
  local ok, message = pcall(table.sort, proxy, logged)
  local text = table.concat(log, " ")
  print(title, #list, ok, message, #log, #text < 300 and text or hash(text))
end

local seed = 42
local function random(n) seed = (seed * 1103515245 + 12345) & 0x7fffffff return (seed >> 8) % n end
local function less(a, b) return a < b end
local function shapes(n)
  local up, down, equal, mixed, few, organ = {}, {}, {}, {}, {}, {}
  for i = 1, n do
    up[i], down[i], equal[i], mixed[i], few[i] = i, n - i, 7, random(1000), random(3)
    organ[i] = i < n / 2 and i or n - i
  end
  return { up = up, down = down, equal = equal, mixed = mixed, few = few, organ = organ }
end
local order = { "up", "down", "equal", "mixed", "few", "organ" }

for n = 0, 100 do
  if n < 12 or n % 9 == 0 or n > 97 then
    for _, name in ipairs(order) do
      sort(name, shapes(n)[name])
      sort(name .. " with function", shapes(n)[name], less)
      sort(name .. " reversed", shapes(n)[name], function(a, b) return a > b end)
    end
  end
end

-- Comparators that contradict themselves.
for n = 2, 40 do
  local calls = 0
  sort("always", shapes(n).mixed, function() return true end)
  sort("never", shapes(n).mixed, function() return false end)
  sort("at most", shapes(n).few, function(a, b) return a <= b end)
  sort("in turns", shapes(n).mixed, function() calls = calls + 1 return calls % 3 == 0 end)
  sort("fails", shapes(n).mixed, function() calls = calls + 1 if calls % 20 == 0 then error("no", 0) end return calls % 2 == 0 end)
end

-- What cannot be compared, and elements that are nil.
sort("mixed types", { 3, "x", 1, {}, 2 })
sort("nil at the end", { 3, 1, 2, nil, 5 })
elements = { 2, 1 }
print(pcall(table.sort, setmetatable({}, { __len = function() return 3 end, __index = function(_, k) return elements[k] end })))
print(pcall(table.sort, setmetatable({}, { __len = function() return 1 << 31 end })))
print(pcall(table.sort, setmetatable({}, { __len = function() return (1 << 31) - 1 end })))
print(pcall(table.sort, setmetatable({}, { __len = function() return "3" end })))
print(pcall(table.sort, setmetatable({}, { __len = function() return 2.0 end, __index = function(_, k) return -k end, __newindex = print })))
print(pcall(table.sort, { 1 }, 5), pcall(table.sort, { 2, 1 }, 5), pcall(table.sort, { 2, 1 }, setmetatable({}, { __call = less })))
print(pcall(table.sort, setmetatable({}, { __index = function() return 1 end })), pcall(table.sort, io and io.stdout or 1))

-- A comparator that changes the array under way: items in flight are put where they would have gone.
for n = 3, 30, 9 do
  local list = shapes(n).mixed
  local copy = list
  local ok, message = pcall(table.sort, list, function(a, b)
    for i = 1, #copy do if copy[i] == a then copy[i] = a + 0 end end
    copy[n] = b
    return a < b
  end)
  print(n, ok, message, table.concat(list, " "))
end

-- Items that exist nowhere but in flight.
local made = setmetatable({}, {
  __len = function() return 20 end,
  __index = function(_, k) return setmetatable({ v = (k * 7) % 20 }, { __lt = function(a, b) collectgarbage("step") return a.v < b.v end }) end,
  __newindex = function(_, k, v) log[#log + 1] = k .. "=" .. v.v end,
})
log = {}
print(pcall(table.sort, made), #log, table.concat(log, " "))
