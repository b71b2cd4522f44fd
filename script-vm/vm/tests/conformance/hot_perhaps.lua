-- What a loop may do, but does not: what is the same in every iteration is of use only behind the condition.

-- The name of a type, by way of what may not be `type`.
local function named(of, x, on, n)
  local s = 0
  for i = 1, n do
    if on then
      if of(x) == "number" then s = s + 1 end
    end
    s = s + i
  end
  return s
end
for k = 1, 300 do named(type, k, k % 3 ~= 0, 20) end
for _, of in ipairs {false, 12345, 0.5, "type", {}, print, named, math.type} do
  print(named(of, 1, false, 20), (pcall(named, of, 1, true, 20)))
end
print(named(nil, nil, nil, 20), pcall(named, nil, 1, true, 20))

-- Captured variables of a function that may be another one.
local a, b, c, d = 1, 2, 3, 4
function MANY(i) return a + b + c + d + i end
function NONE(i) return -i end
local function either(many, when, n)
  local f
  if many then f = MANY else f = NONE end
  local s = 0
  for i = 1, n do
    if i % 2 == when then s = s + f(i) end
  end
  return s
end
for k = 1, 300 do either(true, 1, 20) either(false, 5, 20) end
print(either(true, 1, 30), either(false, 5, 30), either(false, 0, 30))
local function passed(f, on, n)
  local s = 0
  for i = 1, n do
    if on then s = s + f(i) end
  end
  return s
end
for k = 1, 300 do passed(MANY, k % 2 == 0, 20) end
for _, f in ipairs {false, 3, "f", {}, NONE, print, math.abs, setmetatable({}, {__call = function(_, i) return i end})} do
  print(passed(f, false, 20), (pcall(passed, f, true, 20)))
end
MANY, NONE = nil, nil

-- Divisors, distances, fields, elements, lengths, bytes, methods, components.
local function uses(what, x, on, n)
  local s = 0
  for i = 1, n do
    if on then
      if what == 1 then s = s + n // x + n % x
      elseif what == 2 then s = s + (n << x) + (n >> x)
      elseif what == 3 then s = s + x.k + #x.list + x.list[1]
      elseif what == 4 then s = s + #x + x:byte(1)
      elseif what == 5 then s = s + x:get()
      else for _, e in ipairs(x) do s = s + e end end
    end
    s = s + 1
  end
  return s
end
local object = {k = 3, list = {7, 8}, get = function(self) return self.k end}
local right = {3, 2, object, "bytes", object, {1, 2, 3}}
local wrong = {0, -1, 64, 2.5, false, "", "x", {}, print, object, {k = 1}, {k = 1, list = {}}, setmetatable({}, {__index = object})}
for what, x in ipairs(right) do
  for k = 1, 200 do uses(what, x, k % 2 == 0, 6) end
  local out = {}
  for _, y in ipairs(wrong) do
    local ok, result = pcall(uses, what, y, true, 6)
    out[#out + 1] = uses(what, y, false, 6) .. (ok and ":" .. result or "")
  end
  print(what, uses(what, nil, nil, 6), table.concat(out, " "))
end
