-- Functions that are so long that their instructions share feedback, and code without a loop that is long.

local function long(head, tail, most)
  local never = ("never.a = never.b "):rep(most or 9000)
  return assert(load("local never, f, g = ... if never then " .. never .. " end " .. head .. (tail or "")))
end
local function double(x) return x * 2 end
local function several(...) return ... end

-- Tables, calls, loops, arithmetic, fields.
local made = long [[
  local kept, s = {}, 0
  for i = 1, 30 do
    local t = {i, f(i), x = i, y = g(i, i)}
    kept[#kept + 1] = t
    t.z = t.x + t[2] // 3
    s = s + #t + t.z + f(t.y) - t[1] / 2
    for k, v in pairs(t) do if k == "x" then s = s + v end end
    for _, v in ipairs(kept) do s = s + v.x % 3 end
    local u = {} u.a = i u.b = t u[1] = g() u[2] = -i
    if u.b.x < f(i) and u.a == i then s = (s .. "") + 0 end
    never = {g(i, {})} kept[i] = never[2] and t
    never = nil
  end
  return s, #kept, kept[3].z, kept[30].y
]]
for i = 1, 5 do print(made(nil, double, several)) print(made(nil, i % 2 == 0 and double or math.abs, several)) end
print(pcall(made, nil, nil, several))
print(pcall(made, nil, double, error))

-- As the chunk of a data file.
local rows = {}
for i = 1, 1500 do rows[i] = ('item { id = %d, name = "n%d", cost = %d, tags = {"a", "b%d"} }'):format(i, i, i % 7, i) end
local items = {}
local data = assert(load(table.concat(rows, "\n"), "=data", "t", {item = function(row) items[#items + 1] = row end}))
data() data()
local cost = 0
for _, row in ipairs(items) do cost = cost + row.cost + #row.tags + #row.name end
print(#items, cost, items[1500].tags[2], items[1501].name)

-- Without a loop or a call: new fields, new globals, conversions.
local parts = {}
for i = 1, 4000 do parts[i] = ("x.field%d = %d y = x.field%d + '1' GLOBAL%d = y"):format(i, i, i, i % 50) end
local env = {}
local x, y = assert(load("local x, y = {} " .. table.concat(parts, "\n") .. " return x, y", "=straight", "t", env))()
print(x.field4000, y, env.GLOBAL49, x.field4001)
local fields = {}
for i = 1, 3000 do fields[i] = ("key_%d = 'value %d'"):format(i, i) end
local t = assert(load("return {" .. table.concat(fields, ", ") .. "}"))()
print(t.key_1, t.key_3000, t.key_3001)
