-- Divisions and remainders of integers by constants and by variables, in hot code.
local max, min = math.maxinteger, math.mininteger
local function one(f, ...) local r = f(...) return r end
local numbers = {0, 1, -1, 2, -2, 3, -3, 7, -7, 8, -8, 9, 15, 16, 17, -16, -17, 63, 64, 100, -100, 255, -256, 1 << 31, -(1 << 31), (1 << 32) + 5, 1 << 62, -(1 << 62), max, max - 1, min, min + 1, 123456789012345, -987654321098765}
local divisors = {1, -1, 2, -2, 3, -3, 4, 5, 6, 7, -7, 8, -8, 10, 12, 16, 60, 64, 100, 127, 128, 255, 256, 1000, -1000, 65536, 1000003, 2147483647, 2147483648, 4294967296, "(1 << 62)", "math.maxinteger", "math.mininteger", "(-(1 << 62))"}
for _, divisor in ipairs(divisors) do
  local f = load("local x = ... return (x // " .. divisor .. ") .. ' ' .. (x % " .. divisor .. ")")
  local sum = load("local n = ... local s = 0 for i = -n, n do s = s * 3 + i // " .. divisor .. " - i % " .. divisor .. " end return s")
  for i = 1, 60 do one(f, i) one(sum, 5) end
  for _, number in ipairs(numbers) do print(number, divisor, one(f, number), one(f, number + 0.5)) end
  print(divisor, one(sum, 20))
end
-- Variables as divisors.
local function both(x, y) return (x // y) .. " " .. (x % y) end
for i = 1, 60 do one(both, i, 7) end
for _, x in ipairs(numbers) do
  for _, y in ipairs(numbers) do
    if y == 0 then print(x, pcall(both, x, y)) else print(x, y, one(both, x, y)) end
  end
end
local function collatz(n) local c = 0 while n ~= 1 do if n % 2 == 0 then n = n // 2 else n = 3 * n + 1 end c = c + 1 end return c end
local function gcd(a, b) while b ~= 0 do a, b = b, a % b end return a end
local s = 0 for i = 1, 200 do s = s * 3 + collatz(i) + gcd(i * 12, 90) end print(s)
