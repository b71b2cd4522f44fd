--- numbers.edges 14 6
local a, b = $e, $n
print(a, math.type(a), b, math.type(b))
print(nn(a + b), nn(a - b), nn(a * b), nn(a / b))
try(function() return a // b end) try(function() return a % b end)
try(function() return a & b end) try(function() return ~a, a | 1, a ~ b end)
try(function() return a << b, a >> b end) try(function() return -a, nn(a ^ 2) end)
print(a == b, a < b, a <= b, a > b, a >= b, a ~= b)
--- numbers.compare 10 14
local t = {1, 1.0, -1, 0, -0.0, 2^53, 9007199254740993, math.maxinteger, math.maxinteger + 0.0, math.mininteger, math.mininteger + 0.0, 1/0, -1/0, 0/0, 0.5, $e, $n}
for i = 1, #t do
  local m = 0
  for j = 1, #t do
    local a, b = t[i], t[j]
    m = (m * 7 + (a < b and 1 or 0) + (a <= b and 2 or 0) + (a == b and 4 or 0)) % 1000003
    if a > b and not (b < a) or a ~= b and a == b then print("inconsistent", i, j) end
  end
  print(i, m)
end
--- numbers.shifts 8 8
local x = $i
for _, n in ipairs({0, 1, 31, 32, 63, 64, 65, -1, -63, -64, math.maxinteger, math.mininteger, $i}) do print(x << n, x >> n) end
print(1 << 63, 1 << 62, -1 >> 1, -1 >> 63, 3.0 << 1, x & 0xff << 2, x | 1 ~ 3 & 2)
--- numbers.division 8 8
for _, d in ipairs({1, -1, 2, -2, 3, -3, math.maxinteger, math.mininteger, 0.5, -0.5, 1/0, -1/0, $d | 1}) do local x = $i print(x // d, nn(x % d), -x // d, nn(-x % d), nn(x / d)) end
for _, x in ipairs({5, -5, 5.5, -5.5, 0.0, -0.0, 1/0, 1e308, math.mininteger}) do print(nn(x // 3), nn(x % 3), nn(x % -3), nn(x // -3), nn(x % 1e308), nn(math.fmod(x, 3.0))) end
print(nn(5.3 % math.huge), nn(-5.3 % math.huge), 0.0 // 1, -0.0 // 1, 1 // 0.0, -1 // 0.0)
try(function() return $i // 0 end) try(function() return $i % 0 end) try(math.fmod, $i, 0)
--- numbers.math 10 8
local x, y = $n, $i
print(math.floor(nn(x)), math.ceil(nn(x)), math.abs(x), math.max(nn(x), y), math.min(y, nn(x), 3), math.type(x))
print(math.tointeger(x), math.tointeger("8"), math.tointeger(3.0), math.tointeger(2^63), math.tointeger({}), math.ult(y, $i), math.ult(-1, 1))
print(math.modf(nn(x)), math.modf(-3.7), math.modf(1/0), math.modf(y))
print(nn(math.fmod(-7, 3)), math.fmod(7, -3), nn(math.fmod(nn(x), 2.5)), math.fmod(math.mininteger, -1))
print(math.sqrt(16), math.sqrt(2), math.huge, -math.huge, math.pi, math.maxinteger, math.mininteger, math.floor(-3.5), math.ceil(-3.5), math.floor(1e100), math.abs(math.mininteger), math.abs(-0.0))
print(math.sin(0), math.cos(0), math.exp(0), math.log(1), math.log(8, 2), math.log(100, 10), math.tan(0), math.atan(0, 1))
--- numbers.overflow 8 20
local a = ‹math.maxinteger¦math.mininteger¦$i›
for i = 1, 5 do a = a ‹* 3 + 1¦+ math.maxinteger¦- math.mininteger¦* a¦<< 3 ~ a¦* -1 - 1› print(a, math.type(a)) end
local h = 5381
for i = 1, 20 do h = (h << 5) + h + i * 0x9e3779b97f4a7c15 end
print(h, h >> 32, h & 0xffffffff, h // 1000, h % 1000, math.ult(h, 0))
print(math.maxinteger + 1 == math.mininteger, math.maxinteger * 2, math.mininteger // -1, -math.mininteger, math.maxinteger + 1.0)
--- numbers.float_int 8 8
local i, f = ‹3¦$i¦2^53 | 0›, ‹3.0¦$f¦2^53›
print(i == f, i + f, math.type(i + f), math.type(i // 1), math.type(f // 1), i // f == i // f, ({[i] = "found"})[f])
local t = {} t[1.0] = "a" t[2] = "b" t[2^53] = "c" print(t[1], t[2.0], t[2^53 | 0], #t, next({[3.0] = 1}))
print(1e15, 10 // 3.0, 7 // 2, 7 / 2, 2^2, 10 % 3.5, 3 | 0, 1e3 | 0, 0x7fffffffffffffff + 0.0 == 2^63)
for k in spairs({[1] = 1, [1.5] = 1, [-1] = 1, [2^60] = 1}) do print(k, math.type(k)) end
--- numbers.negative_zero 6 4
local z, s = ‹-0.0¦0.0 * -1¦-($f) * 0.0¦$f›, ‹"-0.0"¦"-0"¦"0"›
local k <const> = ‹0¦0.0¦1¦-1›
print(nn(z - 0), nn(z + 0), nn(0 - z), nn(0 + z), nn(z - 0.0), nn(z + 0.0), nn(z * 1), nn(z - k), nn(k - z), nn(1 / (z - 0)), nn(z - $d), nn(z - (-128)), nn(z - 40000))
print(s - 0, s + 0, 0 - s, s - 0.0, -s, s * 1, -0.0 - 0, 0.0 - 0, -(0.0), -0.0 - 0.0, 0 - 0.0)
do local d = z for i = 1, 2 do d = d - 0 print(nn(d)) end end
--- numbers.accumulate 8 40
local s, f, m = ‹0¦0.0¦"0"¦$n›, $f, $i
for i = 1, ‹5¦12› do
  s = s ‹+ i¦+ i * 0.5¦- i // 2¦+ (i % 3 == 0 and 0.25 or i)›
  if i == 4 then s = ‹s + 0.0¦s // 1¦-s¦s› end
  m = m ~ (m << 1) + i
end
print(nn(s), math.type(s), m)
--- numbers.literals 6 4
print(0xA, 0Xa, 0x.1, 0x1p-1, 0xffffffffffffffff, 0x1ffffffffffffffff, 1e2, 1E+2, .5, 5., 3e-2, 9223372036854775807, 9223372036854775808, 1//1, 0x7fffffffffffffff, 1e308 * 10, -9223372036854775808, 00012, 0x0p1)
print(‹1 + 2 * 3¦2 ^ 3 ^ 2¦-2 ^ 2¦not nil == true¦1 .. 2 == "12"¦2 * 3 % 4¦7 // 2 * 2¦1 << 2 + 1¦5 & 3 | 8¦"a" < "b" == true¦-3 % 5¦-(3 % 5)¦#"abc" + 1¦not 1 == 2¦1 < 2 and 2 < 3¦nil and 1 or 2¦false or nil¦2 .. 3 ^ 2›)
--- numbers.random 3 10
math.randomseed($d)
local inside = true
for i = 1, 20 do local a, b, c = math.random(), math.random(10), math.random(-5, 5) inside = inside and a >= 0 and a < 1 and b >= 1 and b <= 10 and c >= -5 and c <= 5 and math.type(b) == "integer" end
print(inside, math.type(math.random(0)), math.random(3, 3), math.type(math.random()))
--- numbers.locals 7 10
local a, b <const>, c = $i, 7, $f
local function mix(x, y) local r = x + b if y then r = r * y end return r - b, x // b, x % b, b - x, b * x, b / (x ~= 0 and x or 1), x == b, b < x, x <= b end
dump("mix", mix(a)) dump("mix2", mix(a, 2)) dump("mix3", mix(nn(c), a)) try(mix, "12") try(mix, "12", "3")
