-- Vectors: components, swizzles, operators, equality, constructors, methods, in loops and across calls. PUC Lua has them
-- as tables (`tools/difftest/src/vectors.lua`).
local function one(f, ...) local r = f(...) return r end
local function show(label, v) print(label, v:unpack()) end
local edges = { 0.0, -0.0, 1, -1, 0.1, 1 / 3, 2.5, -7.25, 16777217, 1e-30, 1e-45, 1e30, 3e38, 1e300, 1 / 0, -1 / 0, 0 / 0 }

-- operators on all edges, in a function that is called for one result
local function operate(a, b, s)
  local sum, difference, product, quotient = a + b, a - b, a * b, a / b
  return sum:unpack(), difference.x, difference.y, product.y, quotient.x, (a * s).x, (s * a).y, (a / s).x, (s / a).x, (-a).y
end
local function operate3(a, b, s)
  local c = (a + b) * s - a / 2 + 2 * (b * a) - b / (a + 1e-3 * b) + -(s / b)
  return c.x, c.y, c.z
end
for _, x in ipairs(edges) do
  for _, y in ipairs(edges) do
    print(x, y, operate(vec2(x, y), vec2(y, 0.3), y))
    print(x, y, operate3(vec3(x, y, 0.7), vec3(y, 3, x), x))
  end
end

-- functions of both types, at one place
local function measures(a, b)
  return a:length(), a:length_squared(), a:dot(b), a:distance(b), a:normalize():unpack()
end
local function mixed(a, b, t) return a:lerp(b, t):min(b):max(-a):abs():floor() end
for round = 1, 3 do
  for _, x in ipairs(edges) do
    for _, y in ipairs(edges) do
      print(measures(vec2(x, y), vec2(y, -0.5)))
      if round > 1 then print(measures(vec3(x, y, 2), vec3(-y, -0.5, x))) end
      show("lerp", one(mixed, vec2(x, y), vec2(3, -y), 0.3))
      if round == 3 then show("lerp", one(mixed, vec3(x, y, x), vec3(3, -y, 1), 2)) end
    end
  end
end
for _, x in ipairs(edges) do
  local a, b = vec3(x, 2, -3), vec3(0.1, x, 7)
  show("cross", a:cross(b))
  print("cross", a.xy:cross(b.yz), a.zy:cross(b.xx))
  show("perp", a.yx:perp())
end

-- components and swizzles
local function turn(v) return v.yx, v.xxy, v.x, v.y, v.z, v.nothing end
for i = 1, 60 do
  local yx, xxy, x, y, z, nothing = turn(i < 50 and vec2(i, 0.5) or vec3(i, 0.1, -i))
  if i % 10 == 9 then show("swizzle", yx) show("swizzle", xxy) print(x, y, z, nothing) end
end

-- constructors
local function build(x, y, v)
  local a, b, c, d = vec2(x, y), vec2(x), vec3(x, y), vec3(v)
  local e, f, g, h = vec3(v, y), vec2(d), vec2(), vec3(x, y, x)
  return a + b + f + g, c + d + e + h
end
for i = 1, 60 do
  local a, b = build(i < 40 and i / 3 or i, i * 0.1, vec2(i, -i))
  if i % 10 == 0 then show("built", a) show("built", b) end
end

-- what is put together from components that were taken apart, with numbers between
local function rebuild(v) return vec2(v.y, -v.x) + vec2(v.x + v.y, v.x * v.y) - vec2(1 - v.x, v.y / 3) * vec2(v.x * 3, 0.1 + v.x * v.y) end
local function compare(v) return v.x < v.y, v.x <= 0.1, v.x == v.y, v.y > 1 / 3 end
for _, x in ipairs(edges) do
  for _, y in ipairs(edges) do
    show("rebuilt", one(rebuild, vec2(x, y)))
    print(compare(vec2(x, y)))
  end
end

-- equality
local function equal(a, b) return a == b, a ~= b end
local function test(a, b) if a == b then return 1 end return 0 end
for round = 1, 20 do
  for i = 1, 6 do
    local x, y = edges[i], edges[(i + round) % 6 + 1]
    if round == 20 then
      print(equal(vec2(x, y), vec2(y, x)), equal(vec3(x, y, 1), vec3(y, x, 1)), equal(vec3(x, 1, y), vec3(x, 1, -y)))
      print(equal(vec2(x, 0), vec3(x, 0, 0)), equal(vec2(0 / 0), vec2(0 / 0)), equal(vec2(x), x))
    end
    local n = test(vec2(x, y), vec2(y, x)) + test(vec3(x, 0, y), vec3(x, 0, y)) * 2
    if round == 20 then print(n) end
  end
end

-- as variables of a loop, in fields, in arrays, in upvalues
local function walk(n, step)
  local at, track = vec2(0, 0), {}
  local o = { at = vec3(1, 2, 3), last = vec2(0) }
  for i = 1, n do
    at = at + step * i
    if at.x > 30 then at = vec2(-at.x, at.y):normalize() * at:length() end
    track[i] = at
    o.at, o.last = o.at:cross(vec3(at, i)):normalize(), track[(i + 1) // 2]
  end
  local sum = vec2(0)
  for i = 1, #track do sum = sum + track[i] end
  local function add() sum = sum + at end
  for i = 1, n do add() end
  return sum, o
end
for i = 1, 40 do
  local sum, o = walk(i, vec2(0.3, i < 30 and 1 or 2))
  if i % 8 == 0 then show("sum", sum) show("at", o.at) show("last", o.last) end
end

-- other types come where vectors were
local function scale(v, s) return v * s end
local function grow(v) return v + v end
local out = {}
for i = 1, 120 do
  local r = i < 40 and one(scale, vec2(i, 1), 2) or i < 60 and one(scale, vec3(i, 1, 1), 0.5)
    or i < 80 and one(scale, 3, vec2(1, i)) or one(scale, i, i)
  out[#out + 1] = type(r) == "number" and r or (r.x + r.y)
  local g = i < 50 and one(grow, vec3(i)) or i < 90 and one(grow, i) or one(grow, vec2(i))
  out[#out + 1] = type(g) == "number" and g or g.x
end
print(table.concat(out, " "))
print(pcall(scale, nil, 2), pcall(grow, true))

-- a method is a value too; arguments that are missing, too many, or nil
local function late(v, other) local f = v.dot return f(v, other, 1, 2) end
for i = 1, 40 do late(vec2(i), vec2(2)) end
print(one(late, vec2(3, 4), vec2(1, 2)), one(late, vec3(1, 2, 3), vec3(3)))
local function loose(x, y) local v = vec2(x, y, 7) local a, b, c = v:unpack() v:length() return a, b, c end
for i = 1, 40 do loose(i, i) end
print(loose(1, 2), loose(1), loose(nil, 3))
for i = 1, 3 do print(pcall(function(v) return (v:nothing()) end, vec2(i)) == false) end

-- the metatables change, while code that was made without is about
local meta2, meta3 = getmetatable(vec2(0)), getmetatable(vec3(0))
local function use(v, w)
  local sum = v + w
  local turned, length = v.yx, w:length()
  return sum, turned, length, -v, 2 * w
end
local function used(v, w)
  local parts = {}
  for _, part in ipairs { use(v, w) } do parts[#parts + 1] = type(part) == "number" and part or part.x or tostring(part) end
  return table.concat(parts, " ")
end
for round = 1, 40 do used(vec2(round, 2), vec2(0.5)) used(vec3(round, 2, 1), vec3(0.5)) end
print(used(vec2(1, 2), vec2(3)), used(vec3(1, 2, 5), vec3(3)))
local add, unm, index = meta2.__add, meta2.__unm, meta2.__index
meta2.__add = function(a, b) return add(a, b) * 10 end
for i = 1, 40 do used(vec2(1), vec2(2)) end
print(used(vec2(1, 2), vec2(3)), used(vec3(1, 2, 5), vec3(3)))
meta2.__unm = function() return "negated" end
print(used(vec2(1, 2), vec2(3)))
meta2.__index = function(v, name) if name == "length" then return function() return 77 end end return index(v, name) end
for i = 1, 40 do used(vec2(i), vec2(2)) end
print(used(vec2(1, 2), vec2(3)), used(vec3(1, 2, 5), vec3(3)))
meta2.__add, meta2.__unm, meta2.__index = add, unm, index
for i = 1, 40 do used(vec2(i), vec2(2)) end
print(used(vec2(1, 2), vec2(3)), used(vec3(1, 2, 5), vec3(3)))
meta3.__mul, meta3.__div = nil, nil
print(pcall(use, vec3(1), vec3(2)) == false, pcall(function() return vec3(1) / 2 end) == false)
debug.setmetatable(1, { __mul = function(a, b) return type(b) == "number" and a or { x = "number's" } end })
for i = 1, 30 do used(vec2(i), vec2(2)) end
print(used(vec2(1, 2), vec2(3)))
debug.setmetatable(1, nil)
print(used(vec2(1, 2), vec2(3)))
