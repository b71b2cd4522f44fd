-- Integer and float arithmetic: subtypes of results, wrap-around, signs of division and modulo, edge values.
local max, min = math.maxinteger, math.mininteger
local inf, nan = math.huge, 0 / 0

local function show(label, v)
  if v ~= v then v = "nan" end
  print(label, math.type(v) or type(v), v)
end

local values = { 0, 1, -1, 2, -2, 3, 7, -7, max, min, max - 1, min + 1, 0.0, -0.0, 0.5, -0.5, 1.0, 3.0, -3.0, 2.5, 1e15, 1e16,
  1e100, -1e100, 2 ^ 53, 2 ^ 53 + 1.0, 2 ^ 63, -2 ^ 63, inf, -inf, 5e-324, 1.7976931348623157e308 }
local ops = {
  { "+", function(a, b) return a + b end },
  { "-", function(a, b) return a - b end },
  { "*", function(a, b) return a * b end },
  { "/", function(a, b) return a / b end },
  { "//", function(a, b) return a // b end },
  { "%", function(a, b) return a % b end },
}
for _, op in ipairs(ops) do
  local name, f = op[1], op[2]
  for _, a in ipairs(values) do
    local line = {}
    for _, b in ipairs(values) do
      local ok, r = pcall(f, a, b)
      if not ok then
        line[#line + 1] = r:match(": (.*)") or r
      elseif r ~= r then
        line[#line + 1] = "nan"
      else
        line[#line + 1] = (math.type(r) == "integer" and "i" or "f") .. string.format("%.14g", r)
      end
    end
    print(a, name, table.concat(line, " "))
  end
end

-- Each operator once more with constants on either side, which compilers treat apart.
local x, y = 17, 5.5
show("x+1", x + 1) show("1+x", 1 + x) show("x-1", x - 1) show("1-x", 1 - x) show("x*3", x * 3) show("3*x", 3 * x)
show("x/4", x / 4) show("4/x", 4 / x) show("x//4", x // 4) show("40//x", 40 // x) show("x%4", x % 4) show("40%x", 40 % x)
show("x^2", x ^ 2) show("2^x", 2 ^ x) show("-x", -x) show("y+1", y + 1) show("1-y", 1 - y) show("y//1", y // 1)
show("y%1", y % 1) show("x+0.5", x + 0.5) show("x-0.0", x - 0.0) show("-x%5", -x % 5) show("x%-5", x % -5)
show("-y%2", -y % 2) show("y%-2", y % -2) show("y%inf", y % inf) show("-y%inf", -y % inf) show("y%-inf", y % -inf)
show("-x//5", -x // 5) show("x//-5", x // -5) show("-y//2", -y // 2) show("y//-2", y // -2) show("y//0", y // 0)
show("-y//0.0", -y // 0.0) show("0.0/0", 0.0 / 0)
show("max+1", max + 1) show("min-1", min - 1) show("-min", -min) show("min//-1", min // -1) show("min%-1", min % -1)
show("max*2", max * 2) show("max*max", max * max) show("min*min", min * min) show("max+1.0", max + 1.0)
show("max//-1", max // -1) show("min//1", min // 1)
show("-0.0", -0.0) show("0.0*-1", 0.0 * -1) show("1/-0.0", 1 / -0.0) show("1/(0*-1)", 1 / (0 * -1)) show("0*-1", 0 * -1)
show("-(0)", -(0)) show("-(0.0)", -(0.0))
for _, d in ipairs { 0, -0 } do
  print(pcall(function() return 1 // d end))
  print(pcall(function() return 1 % d end))
end
print(pcall(function() return 1 // 0 end))
print(pcall(function() return 1 % 0 end))

-- Constant folding must agree with what happens at run time.
local two, three, zero = 2, 3, 0
print(2 + 3 == two + three, 2 / 3 == two / three, 7 // 2 == 7 // two, -7 % 3 == -7 % three, 2 ^ 0.5 == two ^ 0.5)
print(1 / 0 == 1 / zero, -1 / 0 == -1 / zero, 0 / 0 ~= zero / zero, 3 - -3, 2 ^ -1, -2 ^ 2, 2 ^ 3 ^ 2)
print(1e308 * 10, -1e308 * 10, 5 // 0.0, -5 // 0.0, 5 % inf, -5 % inf, 5 % -inf, -5 % -inf)

-- A negative zero loses its sign when an integer literal 0 is subtracted, but no other 0.
do
  local z, i, f, k <const>, kf <const> = -0.0, 0, 0.0, 0, 0.0
  print(z - 0, z - 0.0, z - i, z - f, z - k, z - kf, z + 0, 0 + z, z - -0, 0 - z, 0.0 - z)
  print(-0.0 - 0, -0.0 - 0.0, 0.0 - 0, "-0.0" - 0, "-0.0" - i, "-0" - 0, 1 / (z - 0), 1 / (z - i))
  local mt = {__sub = function(a, b) return tostring(math.type(a)) .. tostring(math.type(b)) .. tostring(b):match("^[^:]*") end}
  local o = setmetatable({}, mt)
  print(o - 0, 0 - o, o - 0.0, o - k, o - 127, o - 128, o - -128, o - 32768)
  print(pcall(function() return nil - 0 end))
  print(pcall(function() local t = {} return t.x - 0 end))
  print(pcall(function() local t = {} return 0 - t.x end))
end

-- Accumulation that changes its kind half way.
local sum = 0
for i = 1, 20 do
  if i == 11 then sum = sum + 0.25 else sum = sum + i end
  if i % 5 == 0 then show("sum", sum) end
end
local n = max - 3
for i = 1, 6 do n = n + 1 show("wrap", n) end

-- Conversions.
show("tointeger 3.0", math.tointeger(3.0))
print(math.tointeger(3.5), math.tointeger(2 ^ 63), math.tointeger(-2 ^ 63), math.tointeger("8"), math.tointeger(inf), math.tointeger(nan))
print(3 | 0, 3.0 | 0, pcall(function() return 3.5 | 0 end))
print(2 ^ 53 == 2 ^ 53 + 1, (2 ^ 53 | 0) == (2 ^ 53 | 0) + 1)
print(9007199254740993, 9007199254740993 + 0.0, 123456789012345678)
print(1e15, 1e14, 123456.789e3, 1e100, 0.1, 1 / 3, 100.0, 1e16, -1e16, 2 ^ 63, 1e-5, 123e-7)
print(3.0 == 3, math.type(3.0), math.type(3), math.type("3"), 7 // 1.0, 7.9 // 1)
print(8 % 3.5, -8 % 3.5, 8 % -3.5, -8 % -3.5, 5.3 % 2 == 5.3 - 2 * 2)
print(1e308 + 1e308, -(1e308 + 1e308), 2 ^ 1024, 2 ^ -1075, (-2) ^ 0.5 ~= (-2) ^ 0.5, (-8) ^ 3, 0 ^ 0, inf ^ 0, 0.0 ^ -1)
