-- Hot functions that the library or an instruction calls: comparators, replacements, metamethods.
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) print(pcall(f, ...)) end

-- Comparators: as ever, with other types, with errors, yields, results that are no booleans, and none.
local function records(n, key) local t = {} for i = 1, n do t[i] = {key = key(i), id = i} end return t end
local function scattered(i) return i * 7919 % 101 end
local function less(a, b) if a.key ~= b.key then return a.key < b.key end return a.id < b.id end
local function ids(t) local s = {} for i = 1, #t do s[i] = t[i].id end return table.concat(s, " ") end
local function sorted(t, f) table.sort(t, f) return t end
for _ = 1, 10 do sorted(records(40, scattered), less) end
print(ids(sorted(records(40, scattered), less)))
print(ids(sorted(records(40, function(i) return i % 5 end), less)))
print(ids(sorted(records(20, function(i) return i % 3 + 0.5 end), less)))
print(ids(sorted(records(20, function(i) return ("%03d"):format(i * 37 % 50) end), less)))
print(ids(sorted(records(20, function(i) return i % 2 == 0 and i or i + 0.5 end), less)))
try(sorted, records(20, function(i) return i == 7 and "x" or i end), less)
try(sorted, records(20, function(i) if i ~= 7 then return i end end), less)
try(sorted, {{key = 1, id = 1}, 5, {key = 1, id = 2}}, less)
print(ids(sorted(records(12, scattered), function(a, b) return less(a, b) and 1 or nil end)))
print(ids(sorted(records(3, scattered), function() end)))
local calls = 0
local function counted(a, b) calls = calls + 1 if calls == 2000 then error({calls}) end return a < b end
local numbers = {} for i = 1, 60 do numbers[i] = scattered(i) end
for _ = 1, 4 do calls = 0 sorted({table.unpack(numbers)}, counted) end print(calls > 100)
calls = 1990 print(select("#", pcall(sorted, {table.unpack(numbers)}, counted)), calls)
local co = coroutine.create(function() return sorted({3, 1, 2, 5, 4}, function(a, b) coroutine.yield(a) return a < b end) end)
print(coroutine.resume(co))
local stop = false
local function yielding(a, b) if stop then coroutine.yield() end return a < b end
for _ = 1, 5 do sorted({table.unpack(numbers)}, yielding) end stop = true
print(coroutine.resume(coroutine.create(sorted), {2, 1}, yielding))

-- Replacements: one result, several, none, errors, the function redefined on the way.
local function double(word, tail) if tail then return word .. tail, tail end return word .. word end
for _ = 1, 60 do ("ab cd ef"):gsub("%w+", double) ("ab cd ef"):gsub("(%w)(%w)", double) end
print(("ab cd ef"):gsub("%w+", double)) print(("ab cd ef"):gsub("(%w)(%w)", double)) print(("a1"):gsub("()(%w)", double))
local function kept(word) if #word > 2 then return nil end if #word == 2 then return false end if word == "x" then return {} end end
for _ = 1, 60 do ("a bb ccc"):gsub("%w+", kept) end print(("a bb ccc"):gsub("%w+", kept)) try(string.gsub, "a x", "%w+", kept)
local limit, total = math.maxinteger, 0
local function summed(digits) total = total + tonumber(digits) if total > limit then error("limit " .. total) end return total end
for _ = 1, 60 do total = 0 ("1 2 3"):gsub("%d+", summed) end limit = 4 total = 0 try(string.gsub, "1 2 3 4", "%d+", summed) print(total)
total = 0.5 try(string.gsub, "1 2", "%d+", summed) total = "1" try(string.gsub, "1 x", "%w+", summed)

-- Metamethods of instructions that are not hot themselves, and of the library.
local V = {}
V.__index = function(self, key) if key == "size" then return self.x * 2 end return key end
V.__newindex = function(self, key, value) rawset(self, "x", self.x + (value or 0)) end
V.__lt = function(a, b) return a.x < b.x end V.__le = function(a, b) return a.x <= b.x end V.__eq = function(a, b) return a.x == b.x end
V.__add = function(a, b) return a.x + b end V.__concat = function(a, b) return (type(a) == "table" and a.x or a) .. (type(b) == "table" and b.x or b) end
V.__len = function(self) return self.x end V.__unm = function(self) return -self.x end V.__call = function(self, y) return self.x + y, y end
V.__tostring = function(self) return "V" .. self.x end V.__close = function(self) total = self.x end
local function new(x) return setmetatable({x = x}, V) end
local function all(a, b) do local c <close> = a end local s = a.size + (a + 1) + #a - -a s = s .. (a .. "!") .. tostring(a < b) .. tostring(a <= b) .. tostring(a == b) .. tostring(b) a.y = 1 return s .. a(2) .. total end
total = 0
for i = 1, 80 do one(all, new(i), new(4)) end
print(all(new(3), new(4))) print(all(new(2.5), new(3))) try(all, new("2"), new("3")) try(all, new({}), new(1)) try(all, new(nil), new(1))
V.__add = function(a, b) return a.size .. b end print(all(new(3), new(4)))
V.__lt = function() return nil, 1 end V.__len = function() return end V.__len = function(self) return self.x, 2 end print(all(new(3), new(4)))
local list = {} for i = 1, 50 do list[i] = new(i * 31 % 53) end V.__lt = function(a, b) return a.x < b.x end
for _ = 1, 5 do sorted({table.unpack(list)}) end list = sorted(list) print(tostring(list[1]), tostring(list[50])) list[9].x = "9" try(table.sort, list)
print(tostring(new(1.5)), pcall(tostring, new({})))
-- Deep in each other.
local depth = 0
local function nested(a, b) depth = depth + 1 if depth < 20 then table.sort({3, 2, 1}, nested) end return a < b end
for _ = 1, 20 do depth = 0 table.sort({2, 1, 3}, nested) end print(depth)
local function endless(a, b) table.sort({2, 1}, endless) return a < b end
print(select(2, pcall(table.sort, {2, 1}, endless)) ~= nil)
